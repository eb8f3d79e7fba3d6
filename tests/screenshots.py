"""`make screenshots`: the README's pictures. The whole system measures posts of the stand-in; then all times of what it
has stored are moved to one afternoon, so that the pictures differ only where the page does.
"""

import re
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser

from tests.bench.server import Server
from tests.checkout import ROOT
from tests.control.pages.browser import Visitor, chromium
from tests.system import PASSWORD, System, system
from tests.vk_standin import truth

FOLDER = ROOT / "docs" / "pictures"
USER = "anna"
AFTERNOON = datetime(2026, 11, 25, 16, 30, tzinfo=ZoneInfo("Europe/Moscow")).timestamp()
SIZE = {"width": 1280, "height": 1000}
BEFORE_ROWS = 860  # of the table there are some hundred, each of which makes the picture larger
LOOKS = ("light", "dark")
GONE = (901, 902, 910, 912)  # posts that the stand-in has deleted or shows to nobody
ORDINARY = [item for item in range(1, 24_000) if item % 1000 <= 900]
LIKELY = [item for item in ORDINARY if truth.views("wall", -221992613, item) < 3_000_000]  # some have billions
CHECKS = {
    "Ноябрь, блогеры": [
        *(f"https://vk.com/wall-221992613_{item}" for item in (*LIKELY[:1200], *GONE)),
        *("https://vk.com/photo-111670353_457284649", "https://vk.cc/ax6g0g"),
    ],
    "Ролики": [f"https://vk.com/clip-57274055_{item}" for item in ORDINARY[:60]],
    "Декабрь, сообщества": [f"https://vk.com/wall-23538238_{item}" for item in ORDINARY],
}
LONGEST, UNDER_WAY = "Ноябрь, блогеры", "Декабрь, сообщества"
PATIENCE = 300  # seconds
SETTINGS = {"VK_TOKENS": "standin-user", "VK_REQUESTS_PER_SECOND": "1", "TIMEZONE": "Europe/Moscow"}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="views-stats-pictures-") as name:
        folder = Path(name)
        with system(folder / "views", **SETTINGS) as (running, _):
            measure(running)
            running.stop()
        database = folder / "views.db"
        shutil.copy(folder / "views/var/views.db", database)
        freeze(database)
        server = Server(f"sqlite:///{database}")
        server.environment |= SETTINGS
        with server, chromium() as browser:
            for look in LOOKS:
                take(browser, server.url, look)


def measure(running: System) -> None:
    """Let it finish all checks but the last, which is under way."""
    running.login(USER)
    for name, links in CHECKS.items():
        body = {"links": links, "name": name}
        made = running.session.post(f"{running.url}/batches", json=body).json()["id"]
        if name != UNDER_WAY:
            running.finished(made, PATIENCE)
            running.until(lambda made=made: running.batch(made)["finished_at"], PATIENCE, "closed")
    running.until(lambda: running.batch(made)["counts"]["done"] > len(CHECKS[UNDER_WAY]) / 3, 90, "a third of it done")


def freeze(database: Path) -> None:
    """Move all times, so that the last check was handed in on that afternoon, and drop what guards final rows."""
    with sqlite3.connect(database) as connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        (latest,) = connection.execute("SELECT max(created_at) FROM batches").fetchone()
        for table, column in times(connection):
            moved = f"CAST(({column} - {latest}) / 60 AS INTEGER) * 60 + {AFTERNOON}"
            connection.execute(f"UPDATE {table} SET {column} = {moved} WHERE {column} > 0")
        connection.execute("DELETE FROM users WHERE username != ?", (USER,))  # whom else the system had made
        connection.execute("UPDATE batches SET deadline_at = created_at + 86400")


def times(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Name what holds the times that a check's page shows."""
    for table in ("batches", "links", "readings"):
        for _, column, *_ in connection.execute(f"PRAGMA table_info({table})").fetchall():
            if re.search("_at$", column):
                yield table, column


def take(browser: Browser, address: str, look: str) -> None:
    visitor = Visitor(browser, address, color_scheme=look, viewport=SIZE, timezone_id="Europe/Moscow")
    visitor.enter(USER, PASSWORD, then="/checks")
    visitor.page.wait_for_url("**/checks")
    picture(visitor, f"checks-{look}", SIZE["height"])
    visitor.page.get_by_role("link", name=LONGEST).click()
    visitor.page.wait_for_url("**/checks/*")
    visitor.go(f"{visitor.page.url.removeprefix(address)}?sort=-views")
    picture(visitor, f"check-{look}", BEFORE_ROWS)
    visitor.has_nothing_to_complain_about()
    visitor.context.close()


def picture(visitor: Visitor, name: str, height: int) -> None:
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"{name}.png"
    clip = {"x": 0, "y": 0, "width": SIZE["width"], "height": height}
    visitor.page.screenshot(path=file, animations="disabled", caret="hide", clip=clip)
    print(f"{file.relative_to(ROOT)}  {file.stat().st_size // 1000} KB")


if __name__ == "__main__":
    began = time.monotonic()
    main()
    print(f"taken in {time.monotonic() - began:.0f} s")
