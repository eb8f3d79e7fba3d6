"""Uploaded files. They are stored in the database, so that every host has them and they are deleted with their user."""

import json
import zlib
from collections.abc import Callable
from typing import IO, Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from control.errors import Busy, KeepsTooMuch, NotFound
from control.exports import allowance
from control.times import DAY_SECONDS
from crawler.queue.acceptance import storable
from crawler.store.database import now, reading, upsert, writing
from crawler.store.models.base import may_be_id, random_id
from crawler.store.models.imports import Import, ImportChunk

MOST_OPEN = 5
KEPT_SECONDS = float(DAY_SECONDS)
COMING_SECONDS = 600.0  # how long reading and storing a file may take; then what is left of it is removed
CHUNK_BYTES = 2**20
LONGEST_NAME = 255
RETRY_SECONDS = 5


def reserve(engine: Engine, user_id: str, name: str, size: int, public_id: str | None = None) -> str:
    """Make room for a file of so many bytes.

    Raises KeepsTooMuch, and Busy where this very file is being taken, or was until its process died.
    """
    public_id = public_id or random_id()
    mine = (Import.user_id == user_id, Import.answer.is_(None), Import.expires_at > now())
    with writing(engine) as connection:
        used = allowance.used(connection, user_id)
        if connection.execute(select(func.count()).where(*mine)).scalar_one() >= MOST_OPEN:
            raise KeepsTooMuch(f"You have {MOST_OPEN} open imports: accept or delete one first.")
        if used + size > allowance.MOST_BYTES:
            raise KeepsTooMuch(f"No room for the file: {allowance.FULL}.")
        values = {"user_id": user_id, "name": storable(name)[:LONGEST_NAME], "size": size, "public_id": public_id}
        new = upsert(connection, Import).values(expires_at=now() + COMING_SECONDS, created_at=now(), **values)
        if connection.execute(new.on_conflict_do_nothing().returning(Import.id)).first() is None:
            raise Busy("This file is being taken already: send it again in a moment.", RETRY_SECONDS)
    return public_id


def fill(engine: Engine, public_id: str, file: IO[bytes], understood: dict[str, Any]) -> None:
    """Store the file, each piece in a transaction of its own, so that others can write in between. It exists from the
    last one on.
    """
    import_id = select(Import.id).where(Import.public_id == public_id).scalar_subquery()
    file.seek(0)
    number = 0
    while data := file.read(CHUNK_BYTES):
        with writing(engine) as connection:
            connection.execute(insert(ImportChunk).values(import_id=import_id, number=number, data=data))
        number += 1
    with writing(engine) as connection:
        values = {"understood": json.dumps(understood, ensure_ascii=False), "expires_at": now() + KEPT_SECONDS}
        connection.execute(update(Import).where(Import.public_id == public_id).values(**values))


def find(connection: Connection, user_id: str, public_id: str, *, lock: bool = False) -> Row[Any]:
    """Return one of the user's imports. Raises NotFound."""
    wanted = select(Import.__table__).where(
        *(Import.public_id == public_id, Import.user_id == user_id),
        *(Import.understood.is_not(None), Import.expires_at > now()),
    )
    wanted = wanted.with_for_update() if lock else wanted
    found = connection.execute(wanted).one_or_none() if may_be_id(public_id) else None
    if found is None:
        raise NotFound("You have no import of this id: it expires after a day.")
    return found


def is_there(connection: Connection, user_id: str, public_id: str) -> bool:
    """Return whether the user has an import of this id, accepted or not."""
    there = select(Import.id).where(Import.public_id == public_id, Import.user_id == user_id, Import.expires_at > now())
    return connection.execute(there.where(Import.understood.is_not(None))).first() is not None


def list_open(connection: Connection, user_id: str) -> list[Row[Any]]:
    """Return the user's imports that wait to be accepted, the newest first."""
    mine = (Import.user_id == user_id, Import.understood.is_not(None), Import.answer.is_(None))
    found = select(Import.__table__).where(*mine, Import.expires_at > now()).order_by(Import.id.desc())
    return list(connection.execute(found).all())


def load(engine: Engine, import_id: int, write: Callable[[bytes], object]) -> None:
    """Pass the pieces of the file to `write`, one after the other."""
    number = 0
    piece = select(ImportChunk.data).where(ImportChunk.import_id == import_id)
    while True:
        with reading(engine) as connection:
            data = connection.execute(piece.where(ImportChunk.number == number)).scalar()
        if data is None:
            return
        write(data)
        number += 1


def settle(connection: Connection, import_id: int, answer: dict[str, Any]) -> None:
    """Store the answer in place of the file."""
    packed = zlib.compress(json.dumps(answer, ensure_ascii=False).encode())
    connection.execute(update(Import).where(Import.id == import_id).values(answer=packed, size=0))
    connection.execute(delete(ImportChunk).where(ImportChunk.import_id == import_id))


def answer(found: Row[Any]) -> dict[str, Any] | None:
    """Return the answer that was given when the import was accepted; None if it was not."""
    if found.answer is None:
        return None
    kept: dict[str, Any] = json.loads(zlib.decompress(found.answer))
    return kept


def drop(engine: Engine, public_id: str) -> None:
    with writing(engine) as connection:
        connection.execute(delete(Import).where(Import.public_id == public_id))


def expire(engine: Engine) -> None:
    """Remove files that nobody has accepted in time, and old answers. The scheduler does this."""
    with reading(engine) as connection:
        old = connection.execute(select(Import.public_id).where(Import.expires_at <= now()).limit(100)).scalars().all()
    for public_id in old:
        drop(engine, public_id)
