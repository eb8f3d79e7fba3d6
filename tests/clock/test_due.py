"""What is due is known: no column of a moment to come is left out, and the first of them is found."""

import pytest
from sqlalchemy import Float, update

from control.accounts import users
from control.batches import submission
from control.settings import Settings
from crawler.store.models.base import Base
from crawler.store.models.batches import Batch, Link
from tests.clock.due import DUE, is_under_way, next_due
from tests.control.conftest import SETTINGS

PAST = {  # columns that say when something was, or from when on it may be
    *(
        "created_at",
        "served_at",
        "seen_at",
        "last_used_at",
        "closed_at",
        "counted_at",
        "finished_at",
        "posted_at",
        "started_at",
    ),
    *("erid_lost_at", "said_at", "asked_at", "measured_at", "at"),
    *(
        "since",
        "added_at",
        "paused_at",
        "missing_at",
        "made_at",
        "settled_at",
        "points.due_at",
        "followed_posts.handled_until",
        "followed_posts.due_at",
        "followed_posts.from_at",
        "followed_posts.again_at",
    ),
    *("published_at", "gone_at", "begins_at", "closed_months.ends_at", "reopened_at"),
    *("ready_since", "ready_from"),  # hints of what `Part.waiting_until` and `Link.not_before` say
    "leaders.until",  # whoever leads is there to extend it
}


def test_every_moment_to_come_is_among_what_is_due():
    known = {f"{column.class_.__tablename__}.{column.key}" for column, _ in DUE}
    there = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, Float) and not {column.name, f"{table.name}.{column.name}"} & PAST
    }
    assert there - known == set()


@pytest.mark.parametrize("then", [100.0, 5000.0])
def test_the_first_moment_is_found_while_something_waits_for_it(engine, then):
    settings = Settings(**SETTINGS)
    batch = submission.new_batch(users.insert(engine, "anna", "none"), settings, None)
    assert not is_under_way(engine, 0)
    submission.submit(engine, settings, batch, ["https://vk.com/wall-1_1"], None)
    assert is_under_way(engine, 0)
    with engine.begin() as connection:
        connection.execute(update(Batch).values(deadline_at=4e9 + 3000))
        connection.execute(update(Link).values(not_before=4e9 + then))
    assert next_due(engine, 4e9) == 4e9 + min(then, 3000)
