"""Since when the end of a month is due with nobody at it."""

import pytest
from sqlalchemy import insert, text

from control.monitoring.month_ends import unattended
from crawler.store.database import read_clock
from crawler.store.models.accounts import User
from crawler.store.models.campaigns import FollowedPost, SharedUser
from crawler.store.models.posts import Post
from tests.seed import seed

BATCH = "UPDATE batches SET created_at = created_at - 1000"
RUN = "UPDATE runs SET created_at = created_at - 1000, state = 'posted'"
AT_WORK = "UPDATE runs SET state = 'running', lease_until = created_at + 9000"
FROZEN = "UPDATE runs SET state = 'running', lease_until = created_at - 9000"


def change(engine, *statements):
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def follow(engine, kind, late):
    with engine.begin() as connection:
        post = connection.execute(insert(Post).values(platform="vk", key="wall-9_9").returning(Post.id)).scalar_one()
        moment = read_clock(connection) - late
        times = dict.fromkeys(("due_at", "from_at", "late_at"), moment)
        connection.execute(insert(FollowedPost).values(post_id=post, access_key="", kind=kind, **times))


def measure(engine, *, user=SharedUser.MONTH_ENDS, run=True):
    with engine.begin() as connection:
        connection.execute(insert(User).values(id=user, username=user, password_hash=""))
    seed(engine, ["wall-1_1"], user=user, run=run)


@pytest.mark.parametrize(
    ("kind", "late", "seconds"),
    [("month_end", 1000, 1000), ("month_begin", 1000, 1000), ("month_end", -1000, None), ("age", 1000, None)],
)
def test_a_post_that_nobody_takes(engine, kind, late, seconds):
    assert unattended(engine) is None
    follow(engine, kind, late)
    assert unattended(engine) == (seconds and pytest.approx(seconds, abs=5))


@pytest.mark.parametrize(
    ("user", "run", "statements", "seconds"),
    [
        (SharedUser.MONTH_ENDS, False, [BATCH], 1000),
        (SharedUser.POINTS, False, [BATCH], None),
        (SharedUser.MONTH_ENDS, True, [BATCH, RUN], 1000),
        (SharedUser.POINTS, True, [BATCH, RUN], None),
        (SharedUser.MONTH_ENDS, True, [BATCH, AT_WORK], None),
        (SharedUser.MONTH_ENDS, True, [BATCH, "UPDATE links SET status = 'failed', reason = 'lost'"], 0),
        (SharedUser.MONTH_ENDS, True, ["UPDATE runs SET finished_at = created_at, state = 'finished'"], 0),
    ],
)
def test_a_batch_that_no_run_works_on(engine, user, run, statements, seconds):
    measure(engine, user=user, run=run)
    change(engine, *statements)
    assert unattended(engine) == (None if seconds is None else pytest.approx(seconds, abs=5))


@pytest.mark.parametrize(("run", "seconds"), [(AT_WORK, None), (FROZEN, 1000)])
def test_while_a_run_is_at_work_the_others_wait_their_turn(engine, run, seconds):
    measure(engine)
    follow(engine, "month_begin", 1000)
    change(engine, run)
    assert unattended(engine) == (seconds and pytest.approx(seconds, abs=5))
