"""What has to hold after every mistreatment, checked from outside against what clients were told.

I1 every accepted link is final. I2 each became final once, and is still what it became. I3 its number is the truth.
I4 its reason is the truth. I5 the API's counters are the counts of its links. I6 nobody sees what is another's.
I7 no run is left over. I8 the database is sound. I9 what is stored is what clients were told. I10 no token is anywhere.
"""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from tests.chaos.client import Client
from tests.chaos.mistreated import Mistreated
from tests.chaos.site import CANARY
from tests.vk_standin import truth

LINK = re.compile(r"(wall|video)(-?\d+)_(\d+)")
NOT_ONCE = """
SELECT links.id FROM links JOIN batches ON batches.id = links.batch_id
LEFT JOIN finals ON finals.batch = batches.public_id AND finals.position = links.position
GROUP BY links.id, links.status, links.reading_id
HAVING count(finals.batch) <> 1 OR min(finals.status) <> links.status
OR coalesce(min(finals.reading_id), 0) <> coalesce(links.reading_id, 0)
"""
SETTLED_SECONDS = 15.0
UNFINISHED_RUNS = text("SELECT count(*) FROM runs WHERE finished_at IS NULL")
RIGHTFUL = (
    "SELECT count(*) FROM links JOIN batches ON batches.id = links.batch_id "
    "JOIN users ON users.id = batches.user_id WHERE users.username = :name"
)


def truth_of(link: str) -> Any:
    """The number, or the reason why there is none."""
    found = LINK.search(link)
    return truth.expected(found[1], int(found[2]), int(found[3]), "api") if found else "invalid_link"


def check(site: Mistreated, clients: Iterable[Client]) -> Counter[str]:
    """Raise AssertionError where one does not hold; else say how many links ended how. Spiders may need to settle."""
    site.until(lambda: not site.pids("spider"), "rid of its spiders", SETTLED_SECONDS)
    site.until(lambda: not site.orphans(), "rid of spares without a scrapyd", SETTLED_SECONDS)
    # A run whose spider could not end it, for the database was away, is ended by scrapyd's next try.
    site.until(lambda: site.scalar(UNFINISHED_RUNS) == 0, "rid of runs (I7)", SETTLED_SECONDS)
    ended: Counter[str] = Counter()
    for client in clients:
        ended += _check_client(client, site)
    check_database(site.engine)
    for folder in site.written:
        check_secrets(folder)
    return ended


def _check_client(client: Client, site: Mistreated) -> Counter[str]:
    ended: Counter[str] = Counter()
    for batch, links in client.accepted.items():
        ended += _check_batch(client, batch, links)
    mine = client.insist("GET", "/get-bg-tasks").json()
    expected = Counter(link for links in client.accepted.values() for link in links)
    assert Counter(row["link"] for row in mine) == expected, "I6, I9"
    assert site.scalar(text(RIGHTFUL), name=client.name) == expected.total(), "I9"
    return ended


def _check_batch(client: Client, batch: str, links: list[str]) -> Counter[str]:
    rows = client.rows(batch)
    assert [row["link"] for row in rows] == links, f"I9 of batch {batch}"
    assert rows == client.cancelled.get(batch, rows), f"I2 of the cancelled batch {batch}"
    wrong = [row for row in rows if not _right(row, batch in client.cancelled)]
    assert not wrong, f"I1, I3, I4: {wrong[:3]} of {len(wrong)}"
    ended = Counter(row["status"] for row in rows)
    assert +Counter(client.insist("GET", f"/batches/{batch}").json()["counts"]) == ended, f"I5 of batch {batch}"
    return ended


def _right(row: dict[str, Any], cancelled: bool) -> bool:
    return (cancelled and row["reason"] == "cancelled") or (row["reason"] or row["views"]) == truth_of(row["link"])


def check_database(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(text(NOT_ONCE)).all() == [], "I2"
        if engine.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"], "I8"
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == [], "I8"


def check_secrets(folder: Path) -> None:
    leaks = [file for file in folder.rglob("*") if file.is_file() and CANARY.encode() in file.read_bytes()]
    assert leaks == [], "I10"
