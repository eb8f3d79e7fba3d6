"""What is answered when a campaign has got placements."""

from collections.abc import Sequence

from pydantic import Field

from control.campaigns.own_columns import Unread
from control.routes.submission import DuplicateLink, RejectedLink
from control.web.openapi import Shape
from crawler.queue.acceptance import Receipt


class UnreadCell(Shape):
    position: int = Field(description="Of the link, from 0, in what was sent.")
    row: int | None = Field(description="Of the file that it came in, from 1.")
    column: str


class PlacementsMade(Shape):
    """`accepted`, `duplicates` and `rejected` add up to the links sent; each of them is a placement."""

    accepted: int = Field(description="Links that name a post as the first of this request.")
    duplicates: int = Field(description="Links to a post that an earlier one of this request names.")
    rejected: int = Field(description="Links that cannot be followed.")
    rejected_links: list[RejectedLink] = Field(description="Positions are those in the request.")
    duplicate_links: list[DuplicateLink]
    unread_cells: list[UnreadCell] = Field(
        description="Of your own columns: cells that should fill `blogger`, `date`, `cost`, `erid` or `baseline` and "
        "are none, so that the field is empty; the first 100."
    )


def placements_made(
    receipt: Receipt,
    unread: Sequence[Unread],
    rejected_links: list[RejectedLink],
    duplicate_links: list[DuplicateLink],
) -> PlacementsMade:
    return PlacementsMade(
        accepted=receipt.accepted,
        duplicates=receipt.duplicates,
        rejected=receipt.rejected,
        rejected_links=rejected_links,
        duplicate_links=duplicate_links,
        unread_cells=[UnreadCell(**each._asdict()) for each in unread],
    )
