"""Which host this is, to the others that use the same database."""

from uuid import uuid4

from crawler.process.environment import VAR
from crawler.process.secret_files import read_or_create


def host_id() -> str:
    """Return the random id of this checkout. It stays after a restart, and so does what this host holds.

    It is not the machine's name or address: containers of two hosts may have equal ones. Raises ValueError.
    """
    return read_or_create(VAR / "host_id", lambda: uuid4().hex)
