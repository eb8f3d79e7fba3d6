"""Keeps the line of parts that may have something for a run, see `crawler.queue.line`."""

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, and_, exists, or_, select, update

from crawler.queue import dispatch_lock, line
from crawler.queue.demand import awaits_run
from crawler.queue.line import HAS_ACTIVE_RUN, IN_LINE, LATER, READY
from crawler.store.database import MOMENT, reading, writing
from crawler.store.models.accounts import User
from crawler.store.models.batches import Batch, Part

COME = and_(LATER, Part.ready_from <= MOMENT)
OF_NOBODY = and_(READY, Part.user_id.is_(None))  # the last release has stored it
ANYTHING_TO_DO = select(or_(exists().where(COME), exists().where(OF_NOBODY)))
OPEN = select(Batch.id).where(Batch.closed_at.is_(None))
CLOSED = exists().where(Batch.id == Part.batch_id, Batch.closed_at.is_not(None))
AT_ONCE = 1_000  # batches of one transaction


def come_up(engine: Engine) -> None:
    """Put those into line whose time has come, and those of nobody under their users."""
    with reading(engine) as connection:
        if not connection.execute(ANYTHING_TO_DO).scalar_one():
            return
    with writing(engine) as connection:
        connection.execute(update(Part).where(COME).values(ready_since=Part.ready_from, ready_from=None))
        owner = select(Batch.user_id).where(Batch.id == Part.batch_id).scalar_subquery()
        owned = update(Part).where(OF_NOBODY).values(user_id=owner).returning(Part.user_id, Part.batch_id)
        for user_id, batch_id in sorted(connection.execute(owned).all()):
            line.begin(connection, str(user_id), batch_id)


def examine(engine: Engine) -> int:
    """Look at all that is open, and mend hints that are wrong for whatever reason; of how many batches they were."""
    wrong = and_(~HAS_ACTIVE_RUN, or_(and_(READY, ~awaits_run()), and_(~READY, awaits_run())))
    with reading(engine) as connection:
        opened = connection.execute(select(Part.batch_id).where(Part.batch_id.in_(OPEN), wrong)).scalars().all()
        closed = connection.execute(select(Part.batch_id).where(IN_LINE, CLOSED)).scalars().all()
        users = connection.execute(select(User.id).where(User.first_in_line.is_not(None))).scalars().all()
    for start in range(0, max(map(len, (opened, closed, users))), AT_ONCE):
        stretch = slice(start, start + AT_ONCE)
        with writing(engine) as connection:
            _mend(connection, opened[stretch], closed[stretch])
            line.leave(connection, set(users[stretch]))
    return len({*opened, *closed})


def _mend(connection: Connection, opened: Sequence[int], closed: Sequence[int]) -> None:
    dispatch_lock.lock(connection)  # whoever gives a run changes two parts at once, too
    if opened:
        line.note(connection, Part.batch_id.in_(opened))
    if closed:
        line.close(connection, closed)
