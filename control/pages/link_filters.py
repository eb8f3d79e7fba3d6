"""Which links of a check are wanted, read from the address. A parameter that makes no sense is ignored."""

from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import request

from control.batches.link_rows import Sort, Wanted
from control.exports.choice import Choice, Format
from control.pages import addresses, frame
from crawler.reasons import Reason
from crawler.store.models.batches import Status

LONGEST_TEXT = 200
CHOOSING = ("status", "reason", "q")
FILTERS = (*CHOOSING, "sort")
Word = TypeVar("Word", bound=StrEnum)


def wanted() -> Wanted:
    """Read the query of a table. Even an outdated address shows the check."""
    given = request.args
    return Wanted(
        status=_word(Status, given.get("status")),
        reason=_word(Reason, given.get("reason")),
        text=given.get("q", "").strip()[:LONGEST_TEXT],
        sort=_word(Sort, given.get("sort")) or Sort.POSITION,
        cursor=given.get("cursor"),
    )


def choice() -> Choice:
    """Read the query of a file, which is in the reader's language. The default format is XLSX."""
    which, form = wanted(), _word(Format, request.args.get("format")) or Format.XLSX
    language: Any = frame.language()
    return Choice(form, language, status=which.status, reason=which.reason, text=which.text)


def query(chosen: Choice) -> str:
    """Return the query that chooses these links."""
    named = zip(CHOOSING, (chosen.status, chosen.reason, chosen.text), strict=True)
    return urlencode({name: value for name, value in named if value})


def links(path: str) -> dict[str, Any]:
    """Return what the template needs to link to the table that stands there."""
    return {"there": addresses.of_table(path, FILTERS), "filtered": not choice().is_all}


def _word(kind: type[Word], text: str | None) -> Word | None:
    return kind(text) if text in set(kind) else None
