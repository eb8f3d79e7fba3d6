"""What is said of how far an export is: on its page, in the list, and to the script that follows it."""

from typing import NamedTuple
from urllib.parse import urlencode

from sqlalchemy import Connection

from control.exports import lease, orders
from control.exports.month_table import MonthTable
from control.exports.orders import Ordered
from control.pages import check_words, frame, link_filters
from crawler.store.models.exports import ExportState

FAILURES = {lease.IN_VAIN: "in_vain", lease.TOO_LARGE: "too_large"}


class Of(NamedTuple):
    """What an export is of: its name, its page, and where the same is ordered again."""

    name: str
    address: str
    again: str


def of(connection: Connection, user_id: str, ordered: Ordered) -> Of:
    table = orders.table_of(connection, user_id, ordered, frame.time_zone())
    if isinstance(table, MonthTable):
        address, version = f"/followed/{ordered.campaign}/{ordered.month}", ordered.choice.version
        which = f"?version={version}" if version else ""
        name = f"{table.source.campaign.name}, {ordered.month}"
        return Of(name, f"{address}{which}", f"{address}/exports{which}")
    query = urlencode({"format": ordered.choice.format}), link_filters.query(ordered.choice)
    again = f"/checks/{ordered.batch}/exports?{'&'.join(part for part in query if part)}"
    return Of(check_words.name_of(table.source), f"/checks/{ordered.batch}", again)


def is_ready(ordered: Ordered) -> bool:
    return ordered.state == ExportState.READY


def texts(ordered: Ordered) -> dict[str, str]:
    """What changes on the page while it is followed, by its place."""
    known = frame.context()
    if ordered.error:
        state = frame.say(f"files.failures.{FAILURES.get(ordered.error, 'in_vain')}")
    else:
        state = frame.say(f"files.states.{ordered.state}", until=known["moment"](ordered.expires_at))
    return {"count": frame.say("files.rows", done=ordered.rows_done, rows=ordered.rows), "state": state}


def title(ordered: Ordered) -> str:
    """What the tab says first."""
    if ordered.finished_at is None:
        return f"{100 * ordered.rows_done // max(1, ordered.rows)} %"
    return frame.say(f"files.titles.{ordered.state}")
