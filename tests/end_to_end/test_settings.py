"""The system with other settings than the usual ones."""

import pytest

from tests.checkout import copy_to
from tests.end_to_end.test_main_job import ordinary
from tests.system import System, system
from tests.vk_standin import truth
from tests.vk_standin.client import StandIn

pytestmark = pytest.mark.process


def test_the_main_job_on_postgresql(postgresql_url, tmp_path):
    settings = {"SQLALCHEMY_DATABASE_URL": postgresql_url, "VK_TOKENS": "standin-user"}
    items = ordinary(300)
    with system(tmp_path / "views", **settings) as (running, _):
        rows = running.finished(running.submit([f"wall-21_{item}" for item in items] + ["spam", "wall-21_903"]))
    assert [row["views"] for row in rows] == [*(truth.views("wall", -21, item) for item in items), None, None]
    assert [row["reason"] for row in rows[-2:]] == ["unsupported", "views_hidden"]


def test_a_dead_token_loses_nothing_and_its_successor_goes_on(tmp_path):
    folder = copy_to(tmp_path / "views")
    file = folder / ".env"
    with StandIn() as vk:
        file.write_text("VK_TOKENS=dead-canary-token\n")
        running = System(folder, vk.environment())
        running.start()
        try:
            running.login()
            batch = running.submit(["wall-22_1", "https://vk.com/video-22_2"])
            waiting = running.until(lambda: running.batch(batch)["waiting_for"], 30, "waiting")
            assert "auth" in waiting
            running.stop()
            file.write_text("VK_TOKENS=standin-user\n")
            running.start()
            rows = running.finished(batch, 120)
        finally:
            if running.process.poll() is None:
                running.stop()
    assert [row["views"] for row in rows] == [truth.views("wall", -22, 1), truth.views("video", -22, 2)]
    written = b"".join(path.read_bytes() for path in (folder / "var").rglob("*") if path.is_file())
    assert b"canary" not in written
