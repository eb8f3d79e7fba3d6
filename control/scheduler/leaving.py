"""Users who deleted themselves: what is theirs is removed, a batch a round, then they are."""

from sqlalchemy import Engine, delete, select

from crawler.database import writing
from crawler.ending import erase_batch
from crawler.models import Batch, User, UserState


def erase(engine: Engine) -> None:
    """One batch a round: others want to write too. Killed at any point, the next round goes on."""
    gone = User.state == UserState.LEAVING
    with engine.connect() as connection:
        user_id = connection.execute(select(User.id).where(gone).limit(1)).scalar()
    if user_id is None:
        return
    with writing(engine) as connection:
        batch_id = connection.execute(select(Batch.id).where(Batch.user_id == user_id).limit(1)).scalar()
        if batch_id is None:
            connection.execute(delete(User).where(User.id == user_id, gone))
        else:
            erase_batch(connection, batch_id)
