"""Passwords: which ones are good enough, and how they are kept."""

import string
import unicodedata
from functools import cache
from secrets import token_urlsafe
from typing import Annotated

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import Field
from zxcvbn.matching import FREQUENCY_LISTS, RANKED_DICTIONARIES  # type: ignore[import-untyped]

from control.errors import FieldError, WeakPassword

SHORTEST = 8
LONGEST = 1024
COMMON = frozenset(FREQUENCY_LISTS["passwords"])
for words in (FREQUENCY_LISTS, RANKED_DICTIONARIES):
    words.clear()  # of English and of names: 11 MB that nobody reads
SERVICE = {"views-stats", "viewsstats", "views_stats"}
ORNAMENTS = string.digits + string.punctuation + string.whitespace

Password = Annotated[str, Field(max_length=LONGEST, json_schema_extra={"format": "password"})]
NewPassword = Annotated[
    Password,
    Field(min_length=SHORTEST, description="Any characters, 8 to 1,024 of them; not one that many people use."),
]
hasher = PasswordHasher()


def hashed(password: str, username: str) -> str:
    """Raises WeakPassword for those that are guessed first. NIST SP 800-63B, 3.1.1.2."""
    password = normal(password)
    folded = password.casefold()
    if folded in COMMON or folded.strip(ORNAMENTS) in SERVICE | {username.casefold().strip(ORNAMENTS)}:
        why = "Many people use this password, or it is a name: choose another one."
        raise WeakPassword(f"password: {why}", [FieldError(field="password", message=why)])
    return hasher.hash(password)


def normal(password: str) -> str:
    """Bring it into one form: another keyboard's spelling of the same characters is the same password."""
    return unicodedata.normalize("NFKC", password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether it is the password of this hash; where there is none, that takes as long to find out."""
    try:
        hasher.verify(password_hash or _nobodys(), normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@cache
def _nobodys() -> str:
    return hasher.hash(token_urlsafe())


def renewed(password_hash: str, password: str) -> str | None:
    """Hash it with today's parameters; None where it is."""
    return hasher.hash(normal(password)) if hasher.check_needs_rehash(password_hash) else None
