"""An upload: a child process reads the file, and it is stored if it can be understood."""

from hashlib import sha256
from os import SEEK_END
from typing import IO

from sqlalchemy import Engine

from control.errors import FileTooLarge
from control.imports import storage, stored_file
from crawler.spreadsheets.reading.limits import MOST_OF_A_FILE
from crawler.store.database import snapshot


def take(engine: Engine, user_id: str, name: str, file: IO[bytes], public_id: str | None = None) -> str:
    """Read and store a file, and return its public id. Raises FileTooLarge, UnreadableFile, KeepsTooMuch, Busy."""
    size = file.seek(0, SEEK_END)
    if size > MOST_OF_A_FILE:
        raise FileTooLarge(f"A file has {MOST_OF_A_FILE >> 20} MiB at most: send it in several.")
    public_id = storage.reserve(engine, user_id, name, size, public_id)
    try:
        with stored_file.reading(user_id, file) as found:
            understood = found.understood
        storage.fill(engine, public_id, file, understood)
    except BaseException:
        storage.drop(engine, public_id)
        raise
    return public_id


def take_once(engine: Engine, user_id: str, name: str, file: IO[bytes], key: str) -> str:
    """Take the file that a form sends. However often the form is sent, it is one import."""
    digest = sha256(f"{user_id} {key} ".encode())
    file.seek(0)
    while piece := file.read(storage.CHUNK_BYTES):
        digest.update(piece)
    public_id = digest.hexdigest()[:32]
    with snapshot(engine) as connection:
        there = storage.is_there(connection, user_id, public_id)
    return public_id if there else take(engine, user_id, name, file, public_id)
