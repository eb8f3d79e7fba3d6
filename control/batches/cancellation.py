"""A user cancels one of their batches, or deletes it."""

from sqlalchemy import Engine

from control.batches import progress
from control.batches.progress import Progress, own
from crawler.queue import wakeup
from crawler.queue.cancellation import cancel_batch
from crawler.queue.erasure import erase_batch
from crawler.store.database import writing


def cancel(engine: Engine, user_id: str, public_id: str) -> Progress:
    """Cancel a batch. Once this returns, none of its links changes any more. Raises NotFound."""
    with writing(engine) as connection:
        batch_id = own(connection, user_id, public_id)
        cancel_batch(connection, batch_id)
        ended = progress.read(connection, batch_id)
    wakeup.send(engine)
    return ended


def delete(engine: Engine, user_id: str, public_id: str) -> None:
    """Remove a batch with its links and numbers. Its runs are ended first. Raises NotFound."""
    with writing(engine) as connection:
        erase_batch(connection, own(connection, user_id, public_id))
    wakeup.send(engine)
