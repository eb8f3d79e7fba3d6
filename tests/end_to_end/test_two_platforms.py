"""A second platform beside VK: one batch with links of both, each worked by its own spider within its own budget."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from crawler.store import database
from crawler.store.models.runs import Budget, Run
from tests.checkout import copy_to
from tests.end_to_end.test_every_answer import time_flies
from tests.system import System
from tests.vk_standin import truth
from tests.vk_standin.client import StandIn

pytestmark = pytest.mark.process

SPIDER = """from crawler.spiders.platform_spider import PlatformSpider


class AaViews(PlatformSpider):
    name = "aa_views"
    platform = "aa"
"""


def with_aa(folder):
    copy_to(folder)
    shutil.copy(Path(__file__).with_name("aa.py"), folder / "crawler/platforms/aa.py")
    (folder / "crawler/spiders/aa_views.py").write_text(SPIDER)
    return folder


def test_a_batch_of_two_platforms(tmp_path):
    with StandIn() as vk:
        running = System(with_aa(tmp_path / "views"), vk.environment() | {"VK_TOKENS": "standin-user"})
        running.start()
        try:
            running.login()
            vk.fault(method="execute", code=14)
            work(running)
        finally:
            if running.process.poll() is None:
                running.stop()


def work(running):
    """VK wants a captcha: its links wait, and those of the other platform do not."""
    vks, aas = [f"https://vk.com/wall-1_{item}" for item in (1, 2, 3)], [f"https://aa.example/{n}" for n in (1, 2, 3)]
    batch = running.submit([link for pair in zip(vks, aas, strict=True) for link in pair])
    waiting = running.until(lambda: running.batch(batch)["waiting_for"], 60, "waiting")
    assert "vk 14" in waiting or "captcha" in waiting.lower()
    running.until(lambda: running.batch(batch)["counts"]["done"] == len(aas), 60, "done with the other platform")
    assert {row["platform"] for row in running.rows(batch) if row["status"] == "done"} == {"aa"}
    with time_flies(running.folder):
        rows = running.finished(batch, 120)
    assert [row["views"] for row in rows] == [
        truth.views("wall", *post) for n in (1, 2, 3) for post in ((-1, n), (-7, int(f"{n}930")))
    ]
    assert (running.batch(batch)["state"], running.batch(batch)["platform"]) == ("done", None)
    engine = database.create(url=f"sqlite:///{running.folder}/var/views.db")
    with engine.connect() as connection:
        assert set(connection.execute(select(Run.platform)).scalars()) == {"aa", "vk"}
        assert "host:aa" in set(connection.execute(select(Budget.key)).scalars())
    engine.dispose()
