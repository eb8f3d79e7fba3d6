"""Passwords: which ones are good enough, and how they are stored."""

import os
import string
import unicodedata
from base64 import b64encode
from functools import cache
from secrets import token_bytes
from threading import BoundedSemaphore, Lock
from typing import Annotated

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import Field

from control.errors import FieldError, WeakPassword

SHORTEST = 8
LONGEST = 1024
SERVICE = {"views-stats", "viewsstats", "views_stats"}
ORNAMENTS = string.digits + string.punctuation + string.whitespace

Password = Annotated[str, Field(max_length=LONGEST, json_schema_extra={"format": "password"})]
NewPassword = Annotated[
    Password,
    Field(
        min_length=SHORTEST,
        description=f"Any characters, {SHORTEST} to {LONGEST:,} of them; not one that many people use.",
    ),
]
WRONG = "This is not your password."
hasher = PasswordHasher()
AT_ONCE = max(1, (os.cpu_count() or 1) // hasher.parallelism)  # hashes at a time: each keeps several processors busy
_turn = BoundedSemaphore(AT_ONCE)
_loading = Lock()


def _of_nobody() -> str:
    """Make up what looks like a hash of today's parameters: to compare a password with it takes as long as with a real
    one, and to make it takes no time at every start.
    """
    salt, digest = (b64encode(token_bytes(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len))
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${costs}${salt}${digest}"


NOBODYS = _of_nobody()


def check(password: str, username: str) -> None:
    """Raise WeakPassword for a password that is guessed early. NIST SP 800-63B, 3.1.1.2."""
    folded = normal(password).casefold()
    with _loading:
        common = _common()
    if folded in common or folded.strip(ORNAMENTS) in SERVICE | {username.casefold().strip(ORNAMENTS)}:
        why = "Many people use this password, or it is a name: choose another one."
        raise WeakPassword(f"password: {why}", [FieldError(field="password", message=why)])


@cache
def _common() -> frozenset[str]:
    """Return the passwords that many people use.

    They are loaded for the first new password, because zxcvbn's lists take memory that most processes never need. Two
    threads at once would find each other's lists cleared.
    """
    from zxcvbn.matching import FREQUENCY_LISTS, RANKED_DICTIONARIES  # type: ignore[import-untyped] # noqa: PLC0415

    common = frozenset(FREQUENCY_LISTS["passwords"])
    for words in (FREQUENCY_LISTS, RANKED_DICTIONARIES):
        words.clear()  # words and names, which we do not use
    return common


def hashed(password: str, username: str) -> str:
    """Hash a new password. Raises WeakPassword."""
    check(password, username)
    return _hash(normal(password))


def normal(password: str) -> str:
    """Normalise a password, so that another keyboard's encoding of the same characters is the same password."""
    return unicodedata.normalize("NFKC", password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password has this hash. Without a hash the check takes as long, so that time tells nothing."""
    try:
        with _turn:
            hasher.verify(password_hash or NOBODYS, normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def _hash(password: str) -> str:
    with _turn:
        return hasher.hash(password)


def renewed(password_hash: str, password: str) -> str | None:
    """Hash the password with today's parameters. None if its hash has them already."""
    return _hash(normal(password)) if hasher.check_needs_rehash(password_hash) else None
