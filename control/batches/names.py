"""Names that users give their batches."""

from typing import Annotated

from pydantic import AfterValidator, Field
from sqlalchemy import ColumnElement

from control.accounts.names import printable
from control.batches.link_rows import pattern
from crawler.store.database import ESCAPE, folded
from crawler.store.models.batches import Batch

LONGEST = 200

Name = Annotated[str, Field(max_length=LONGEST), AfterValidator(printable)]


def named(text: str) -> ColumnElement[bool]:
    """Return the condition that a batch's name contains the text, in any case."""
    return folded(Batch.name).like(pattern(text.lower()), escape=ESCAPE)
