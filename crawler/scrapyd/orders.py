"""What may be ordered at scrapyd: to work on one run or on literal links, and to cancel a job.

Anything else could run code or read files: Scrapy's settings name classes to load and files to write, and `links` may
name a file to read.
"""

import re
from collections.abc import Mapping

from crawler.adhoc.given_links import is_literal

Fields = Mapping[bytes, list[bytes]]

JOB_ID = re.compile(r"[0-9a-f]{32}")
SIGNALS = ("INT", "TERM", "KILL")
# A process's argument has at most 131,071 bytes, and `links=` takes six of them.
# https://man7.org/linux/man-pages/man2/execve.2.html, MAX_ARG_STRLEN
MOST_LINK_BYTES = 131_065


def scheduled(fields: Fields) -> dict[str, str]:
    """Read an order for `schedule.json`. Raises ValueError that says what is wrong with it."""
    order = _read(fields, required=("project", "spider"), others=("jobid", "run", "links"))
    if ("run" in order) == ("links" in order):
        raise ValueError("give a run, or links: one of the two")
    for name in order.keys() & {"jobid", "run"}:
        _check_id(name, order[name])
    if "links" in order:
        _check_links(order["links"])
    elif order.get("jobid", order["run"]) != order["run"]:
        raise ValueError("jobid must be the run's id, or left out")
    return order


def cancelled(fields: Fields) -> str:
    """Read the job's id from an order for `cancel.json`. Raises ValueError that says what is wrong with it."""
    order = _read(fields, required=("project", "job"), others=("signal",))
    _check_id("job", order["job"])
    if order.get("signal", SIGNALS[0]) not in SIGNALS:
        raise ValueError(f"signal must be one of {', '.join(SIGNALS)}")
    return order["job"]


def _read(fields: Fields, required: tuple[str, ...], others: tuple[str, ...]) -> dict[str, str]:
    known = {name.encode(): name for name in (*required, *others)}
    if unknown := fields.keys() - known:
        name = min(unknown).decode("ascii", "backslashreplace")[:40]
        raise ValueError(f"there is no field {name!r}, only {', '.join(known.values())}")
    for name in required:
        if name.encode() not in fields:
            raise ValueError(f"{name} is missing")
    return {known[field]: _value(known[field], values) for field, values in fields.items()}


def _value(name: str, values: list[bytes]) -> str:
    if len(values) > 1:
        raise ValueError(f"{name} is given twice")
    try:
        return values[0].decode()
    except UnicodeDecodeError:
        raise ValueError(f"{name} is not in UTF-8") from None


def _check_id(name: str, value: str) -> None:
    if not JOB_ID.fullmatch(value):
        raise ValueError(f"{name} must be 32 hexadecimal digits, in lower case")


def _check_links(links: str) -> None:
    size = len(links.encode())
    if size > MOST_LINK_BYTES:
        raise ValueError(f"links has {size} bytes, and {MOST_LINK_BYTES} are the most: hand more in at the API")
    if not is_literal(links):
        raise ValueError("links must be the links themselves: through scrapyd no file is read, and no standard input")
    if not links.split():
        raise ValueError("there is no link in links")
    if "\0" in links:
        raise ValueError("links holds a NUL, which no link has")
