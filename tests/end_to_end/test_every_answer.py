"""One batch with everything VK may answer: every link ends as planted, and the token is nowhere to be found."""

from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import text

from crawler.store import database
from tests.system import system
from tests.vk_standin import truth

pytestmark = pytest.mark.process

CANARY = "canary-of-the-users-token"
ITEMS = [1, 2, 3, *(fate.value for fate in truth.Fate)]
ITEMS_OF_VIDEOS = [item for item in ITEMS if truth.fate(item) not in truth.BLOCKED]  # walls play those
PASSING = [1, 5, 6, 8, 9, 14, 27, 29, 36, 43, 103, 601, 3300]  # errors of the token, of VK, of the set-up
IN_THE_WAY = "'rate limit', 'puzzle', 'user agent refused', 'login wanted', 'HTTP 418'"
OF_NO_USE = f"{IN_THE_WAY}, 'nothing known is on the page', 'processing'"
IMPATIENCE = (
    "UPDATE budgets SET paused_until = 0",
    "UPDATE links SET not_before = 0 WHERE status = 'created'",
    f"UPDATE links SET attempts = 7 WHERE status = 'created' AND attempts > 0 AND detail IN ({OF_NO_USE})",
    "UPDATE parts SET waiting_until = 0",
    "UPDATE parts SET ready_from = 1 WHERE ready_from IS NOT NULL",
)


@contextmanager
def time_flies(folder):
    """End every pause and wait soon, as hours that pass would; a page that cannot be read could not be often."""
    engine, over = database.create(url=f"sqlite:///{folder}/var/views.db"), Event()

    def fly():
        while not over.wait(0.3):
            with database.writing(engine) as connection:
                for statement in IMPATIENCE:
                    connection.execute(text(statement))

    thread = Thread(target=fly)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        engine.dispose()


@pytest.mark.parametrize("mode", ["api", "page"])
def test_every_link_ends_as_planted(mode, tmp_path):
    posts = [("wall", -31, item) for item in ITEMS] + [("video", -31, item) for item in ITEMS_OF_VIDEOS]
    tokens = CANARY if mode == "api" else ""
    with system(tmp_path / "views", "--token", f"user:{CANARY}", VK_TOKENS=tokens) as (running, vk):
        if mode == "api":
            for code in PASSING:
                vk.fault(method="execute", code=code, message=f"no {CANARY}")
            vk.fault(method="execute", status=502, body="<html>")
            vk.fault(method="execute", drop=True)
        with time_flies(running.folder):
            batch = running.submit([f"https://vk.com/{kind}{owner}_{item}" for kind, owner, item in posts])
            rows = running.finished(batch, 240)
        ended = {row["link"]: row["reason"] or row["views"] for row in rows}
        assert ended == {
            f"https://vk.com/{kind}{owner}_{item}": truth.expected(kind, owner, item, mode)
            for kind, owner, item in posts
        }
        assert all(row["source"] for row in rows if row["status"] == "done")
        assert not any(entry["token_in_url"] for entry in vk.journal())
        assert CANARY not in seen_by_anybody(running)
    assert not [file for file in (tmp_path / "views/var").rglob("*") if file.is_file() and leaks(file)]


def leaks(file):
    return CANARY.encode() in file.read_bytes()


def seen_by_anybody(running):
    """Arguments of processes, and what the API and the console show."""
    arguments = [read(folder / "cmdline") for folder in Path("/proc").iterdir() if of(folder, running.folder)]
    answers = [running.session.get(f"{running.url}/{path}").text for path in ("get-bg-tasks", "batches", "readyz")]
    pages = [running.scrapyd(path) for path in ("jobs", "listjobs.json?project=default")]
    logs = [running.scrapyd(job["log_url"].lstrip("/")).text for job in pages[1].json()["finished"]]
    return "\n".join([*arguments, *answers, pages[0].text, pages[1].text, *logs])


def of(folder, home):
    try:
        return folder.name.isdigit() and (folder / "cwd").readlink() == home
    except OSError:
        return False


def read(file):
    try:
        return file.read_text()
    except OSError:
        return ""
