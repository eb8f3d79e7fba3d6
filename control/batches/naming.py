"""A user renames one of their batches."""

from sqlalchemy import Engine, update

from control.batches import progress
from control.batches.progress import Progress, own
from crawler.store.database import writing
from crawler.store.models.batches import Batch


def rename(engine: Engine, user_id: str, public_id: str, name: str) -> Progress:
    """Give a batch another name. Raises NotFound."""
    with writing(engine) as connection:
        batch_id = own(connection, user_id, public_id)
        connection.execute(update(Batch).where(Batch.id == batch_id).values(name=name))
        return progress.read(connection, batch_id)
