"""The placements of a campaign: links that are followed, with what they cost and how they did."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, FailFast, Field, StrictBool, model_validator

from control.batches import quota
from control.batches.names import Name
from control.campaigns import campaigns, listing, own_columns, placements, recognised
from control.campaigns.listing import PlacementState, Wanted
from control.campaigns.placement_order import PlacementSort
from control.campaigns.placements import MOST_PLACEMENTS
from control.campaigns.recognised import ERID, MOST_COST, MOST_VIEWS
from control.routes.campaigns import CampaignPath, left_out
from control.routes.placement_shown import PlacementShown, show_all
from control.routes.placements_made import PlacementsMade, placements_made
from control.routes.submission import Link, duplicate_links, rejected_links, sent_key
from control.times import Day, Moment
from control.web import open_submissions, rate_limits
from control.web.auth import authenticate, caller
from control.web.engine import db
from control.web.idempotency_key import Headers
from control.web.openapi import CAMPAIGNS, Shape, resource
from control.web.settings import settings
from control.web.whole_numbers import WHOLE
from crawler.spreadsheets.reading import columns
from crawler.spreadsheets.reading.table import LONGEST_CELL
from crawler.store.database import snapshot, writing

HUNDRED = recognised.HUNDRED
LONGEST_TEXT = 200
MOST_CHANGED = 60  # own columns of one request

api = resource("placements", CAMPAIGNS, authenticate, open_submissions.guard, takes_links=True)


def _few_enough(links: object) -> object:
    """Count before anything is validated: millions of links are refused at once, as what they are."""
    if isinstance(links, list) and not 0 < len(links) <= MOST_PLACEMENTS:
        raise ValueError(f"must be 1 to {MOST_PLACEMENTS:,} links")
    return links


class PlacementsBody(Shape):
    """Either `links` or `batch`."""

    links: Annotated[list[Link] | None, FailFast(), BeforeValidator(_few_enough)] = Field(
        None,
        json_schema_extra={"minItems": 1, "maxItems": MOST_PLACEMENTS},
        description="Each becomes a placement, also one that is no link to a post.",
    )
    batch: str | None = Field(None, description="The id of a batch of yours: its links are taken.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.links is None) == (self.batch is None):
            raise ValueError(
                'Send either links, such as ["https://vk.com/wall-1_2"], or batch, the id of one of yours.'
            )
        return self


ColumnName = Annotated[str, Field(min_length=1, max_length=columns.LONGEST_NAME)]
Cell = Annotated[str, Field(max_length=LONGEST_CELL)]


class PlacementChange(Shape):
    """What is left out stays."""

    blogger: Annotated[Name, Field(min_length=1)] | None = None
    date: Day | None = Field(None, description="Of publication, as it was agreed or as you know it.")
    cost: Annotated[float, Field(ge=0, le=MOST_COST, strict=True)] | None = Field(
        None, description="In the campaign's currency, rounded to its hundredths; null: it is not known."
    )
    erid: str | None = Field(None, pattern=ERID, description="The token of advertising law, as it was given.")
    baseline: Annotated[int, Field(ge=0, le=MOST_VIEWS, strict=True), WHOLE] | None = Field(
        None,
        description="The views of its post that were reported for the months before its first one here, all together; "
        "null: none were, or nobody knows.",
    )
    ends_at: Moment | None = Field(None, description="It follows its post no more from then on; null: it has no end.")
    paused: StrictBool = Field(
        default_factory=left_out, description="While it is paused its post is not measured for it."
    )
    own: dict[ColumnName, Cell | None] = Field(
        default_factory=left_out,
        max_length=MOST_CHANGED,
        description="Your own columns by name; those that are left out stay, and null takes one away.",
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError(f"Send at least one of {', '.join(type(self).model_fields)}.")
        return self


class Placements(Shape):
    placements: list[PlacementShown]
    next_cursor: int | None = Field(description="Null at the end.")


class PlacementPath(CampaignPath):
    position: Annotated[int, Field(ge=0, le=10**9)]


class PageQuery(Shape):
    cursor: int | None = Field(None, ge=0, le=10**9, description="`next_cursor` of the page before.")
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class PlacementsQuery(PageQuery):
    state: PlacementState | None = Field(None, description="What becomes of them now.")
    q: str = Field(
        "", max_length=LONGEST_TEXT, description="A text that the link, the blogger's name or the erid contains."
    )
    sort: PlacementSort = Field(
        PlacementSort.POSITION,
        description="By one of its fields or its last views, with `-` the other way round. Those without it come last.",
    )


@api.post("/campaigns/<id>/placements", responses={201: PlacementsMade, 409: None})
def add_placements(path: CampaignPath, header: Headers, body: PlacementsBody) -> tuple[PlacementsMade, int]:
    """Follow what these links name: now, and then by the campaign's plan."""
    links = body.links if body.batch is None else placements.links_of(db.engine, caller(), body.batch)
    rate_limits.take_links(caller(), links or [])
    key = sent_key(header)
    added = placements.add(db.engine, settings(), caller(), path.id, links or [], key, batch=body.batch)
    lists = rejected_links(added.entries), duplicate_links(added.entries)
    return placements_made(added.receipt, added.unread, *lists), 201


@api.get("/campaigns/<id>/placements", responses={200: Placements})
def list_placements(path: CampaignPath, query: PlacementsQuery) -> Placements:
    """The placements of a campaign, each with its last numbers and those at the plan's ages."""
    wanted = Wanted(query.state, query.q, query.sort, query.cursor, query.limit)
    if query.sort.of_readings:
        open_submissions.begin(caller())  # it looks at all rows
    with snapshot(db.engine) as connection:
        campaign = campaigns.find(connection, caller(), path.id)
        page = listing.read(connection, campaign, wanted)
        shown = show_all(connection, campaign, page.rows)
    return Placements(placements=shown, next_cursor=page.next_cursor)


@api.get("/campaigns/<id>/placements/<position>", responses={200: PlacementShown})
def get_placement(path: PlacementPath) -> PlacementShown:
    """One placement."""
    with snapshot(db.engine) as connection:
        return _one_shown(connection, path)


@api.patch("/campaigns/<id>/placements/<position>", responses={200: PlacementShown, 409: None})
def change_placement(path: PlacementPath, body: PlacementChange) -> PlacementShown:
    """Change a placement: what is left out stays as it is."""
    given: dict[str, Any] = {name: getattr(body, name) for name in body.model_fields_set - {"paused", "own"}}
    if given.get("cost") is not None:
        given["cost"] = round(given["cost"] * HUNDRED)
    with writing(db.engine) as connection:
        campaign = campaigns.find(connection, caller(), path.id, lock=True)
        found = listing.find(connection, campaign, path.position)
        placements.change(connection, settings(), found, given, paused=body.paused)
        if body.own:
            more = own_columns.change(connection, found, body.own)
            quota.charge_storage(connection, caller(), more, settings().most_stored_megabytes)
        return _one_shown(connection, path)


@api.delete("/campaigns/<id>/placements/<position>", responses={204: None})
def delete_placement(path: PlacementPath) -> tuple[str, int]:
    """Remove a placement. Its post is measured no more, unless somebody else follows it."""
    with writing(db.engine) as connection:
        campaign = campaigns.find(connection, caller(), path.id, lock=True)
        placements.remove(connection, listing.find(connection, campaign, path.position))
    return "", 204


def _one_shown(connection: Any, path: PlacementPath) -> PlacementShown:
    campaign = campaigns.find(connection, caller(), path.id)
    found = listing.find(connection, campaign, path.position)
    (shown,) = show_all(connection, campaign, [found])
    return shown
