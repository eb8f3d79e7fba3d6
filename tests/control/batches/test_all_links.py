"""All links of a user come page by page, however many batches they are in."""

import pytest
from sqlalchemy import text

from control.batches import all_links
from control.web.engine import db
from crawler.store.database import reading

BATCHES = 12  # from the eleventh time on PostgreSQL may plan a statement for any values
GENERAL = """
SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%batches.id >%' AND generic_plans > 0
"""


@pytest.fixture
def links(anna, monkeypatch):
    """A link in each batch, and a page for each link."""
    monkeypatch.setattr(all_links, "ROWS_AT_ONCE", 1)
    made = [f"https://vk.com/wall-1_{item}" for item in range(1, BATCHES + 1)]
    for link in made:
        assert anna.post("/batches", json={"links": [link]}).status_code == 202
    return made


def test_each_batch_has_its_page(anna, links):
    assert [row["link"] for row in anna.get("/get-bg-tasks").json] == links


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_page_is_planned_by_where_it_begins(anna, links):
    """For a range of any ids PostgreSQL expects one batch, and would sort all later links for each page."""
    for _ in range(2):
        assert len(anna.get("/get-bg-tasks").json) == len(links)
    with reading(db.engine) as connection:
        assert connection.execute(text(GENERAL)).all() == []
