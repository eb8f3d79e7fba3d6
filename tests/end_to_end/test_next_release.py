"""This release on the schema of the next one: a host may still run it while another has migrated already."""

import pytest

from tests import next_release
from tests.end_to_end.test_main_job import ordinary
from tests.system import system
from tests.vk_standin import truth

pytestmark = pytest.mark.process


def test_it_starts_and_works(database_url, tmp_path):
    next_release.migrate(database_url, tmp_path)
    settings = {"SQLALCHEMY_DATABASE_URL": database_url, "VK_TOKENS": "standin-user"}
    items = ordinary(120)
    with system(tmp_path / "views", **settings) as (running, _):
        assert f"its schema is {next_release.version()}" in "".join(running.output)
        batch = running.submit([f"wall-32_{item}" for item in items] + ["spam"])
        rows = running.finished(batch)
        placed = running.session.post(f"{running.url}/campaigns", json={"name": "autumn"})
        assert running.session.delete(f"{running.url}/batches/{batch}").ok
    assert [row["views"] for row in rows] == [*(truth.views("wall", -32, item) for item in items), None]
    assert placed.status_code == 201, placed.text
