"""The placements of a campaign: links that are followed, with what they cost and how they did."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, FailFast, Field, StrictBool, model_validator
from sqlalchemy import Row

from control.batches.idempotency import Key
from control.campaigns import campaigns, placements
from control.campaigns.placements import MOST_PLACEMENTS
from control.campaigns.plan import Plan
from control.reports import values
from control.reports.values import Question
from control.routes.campaigns import CampaignPath, left_out
from control.routes.posts import ValueShown, show_value
from control.routes.submission import DuplicateLink, Link, RejectedLink, duplicate_links, rejected_links, sent_key
from control.times import Moment, moment, span
from control.web import open_submissions, rate_limits
from control.web.auth import authenticate, caller
from control.web.engine import db
from control.web.idempotency_key import Headers
from control.web.openapi import CAMPAIGNS, Shape, resource
from control.web.settings import settings
from crawler.platforms import address
from crawler.platforms.advice import advice
from crawler.reasons import Reason
from crawler.spreadsheets.writing.rows import ratio
from crawler.store.database import read_clock, snapshot, writing
from crawler.store.models.campaigns import Placement, PointKind

ERID = "^[A-Za-z0-9][A-Za-z0-9_-]{7,63}$"
MOST_COST = 10**12
MOST_VIEWS = 10**15
HUNDRED = 100
REASONS = {str(reason): reason for reason in Reason}

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


class PlacementsMade(Shape):
    """`accepted`, `duplicates` and `rejected` add up to the links sent; each of them is a placement."""

    accepted: int = Field(description="Links that name a post as the first of this request.")
    duplicates: int = Field(description="Links to a post that an earlier one of this request names.")
    rejected: int = Field(description="Links that cannot be followed.")
    rejected_links: list[RejectedLink] = Field(description="Positions are those in the request.")
    duplicate_links: list[DuplicateLink]


class PlacementChange(Shape):
    """What is left out stays."""

    cost: Annotated[float, Field(ge=0, le=MOST_COST, strict=True)] | None = Field(
        None, description="In the campaign's currency, rounded to its hundredths; null: it is not known."
    )
    erid: str | None = Field(None, pattern=ERID, description="The token of advertising law, as it was given.")
    baseline: Annotated[int, Field(ge=0, le=MOST_VIEWS, strict=True)] | None = Field(
        None,
        description="The views of its post that were reported for the months before its first one here, all together; "
        "null: none were, or nobody knows.",
    )
    ends_at: Moment | None = Field(None, description="It follows its post no more from then on; null: it has no end.")
    paused: StrictBool = Field(
        default_factory=left_out, description="While it is paused its post is not measured for it."
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError(f"Send at least one of {', '.join(type(self).model_fields)}.")
        return self


class PlacementShown(Shape):
    position: int = Field(description="In the campaign, from 0, in the order added; it stays what it is.")
    link: str
    post: str | None = Field(description="The address of the post it names.")
    platform: str
    reason: Reason | None = Field(description="Why it cannot be followed.")
    advice: str | None
    cost: float | None
    erid: str | None
    baseline: int | None = Field(description="Views that were reported before its first month here, as you say.")
    paused: bool
    added_at: str
    ends_at: str | None
    published_at: str | None
    erids: list[str] = Field(description="Tokens of advertising law that stand at the post.")
    views: int | None = Field(description="Of the last reading, as are the next ones.")
    likes: int | None
    comments: int | None
    reposts: int | None
    measured_at: str | None
    source: str | None
    er_by_views: float | None = Field(description="(likes + comments + reposts) / views.")
    cpv: float | None = Field(description="Cost of a view.")
    cpm: float | None = Field(description="Cost of a thousand views.")
    views_at: dict[str, ValueShown] = Field(description="By the ages of the campaign's plan that the post has reached.")
    next_at: str | None = Field(description="When its post is measured next.")
    next_kind: PointKind | None
    missing_since: str | None = Field(description="Since when the platform says that the post is not there.")


class Placements(Shape):
    placements: list[PlacementShown]
    next_cursor: int | None = Field(description="Null at the end.")


class PlacementPath(CampaignPath):
    position: Annotated[int, Field(ge=0, le=10**9)]


class PlacementsQuery(Shape):
    cursor: int | None = Field(None, ge=0, le=10**9, description="`next_cursor` of the page before.")
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


@api.post("/campaigns/<id>/placements", responses={201: PlacementsMade, 409: None})
def add_placements(path: CampaignPath, header: Headers, body: PlacementsBody) -> tuple[PlacementsMade, int]:
    """Follow what these links name: now, and then by the campaign's plan."""
    links = body.links if body.batch is None else placements.links_of(db.engine, caller(), body.batch)
    return _add(path.id, links or [], sent_key(header)), 201


def _add(public_id: str, links: list[str], key: Key | None) -> PlacementsMade:
    rate_limits.take_links(caller(), links)
    receipt, entries = placements.add(db.engine, settings(), caller(), public_id, links, key)
    return PlacementsMade(
        accepted=receipt.accepted,
        duplicates=receipt.duplicates,
        rejected=receipt.rejected,
        rejected_links=rejected_links(entries),
        duplicate_links=duplicate_links(entries),
    )


@api.get("/campaigns/<id>/placements", responses={200: Placements})
def list_placements(path: CampaignPath, query: PlacementsQuery) -> Placements:
    """The placements of a campaign in the order added, each with its last numbers and those at the plan's ages."""
    with snapshot(db.engine) as connection:
        campaign = campaigns.find(connection, caller(), path.id)
        page = placements.page(connection, campaign.id, caller(), query.cursor, query.limit)
        shown = _show_all(connection, page.rows, Plan.from_json(campaign.plan))
    return Placements(placements=shown, next_cursor=page.next_cursor)


@api.get("/campaigns/<id>/placements/<position>", responses={200: PlacementShown})
def get_placement(path: PlacementPath) -> PlacementShown:
    """One placement."""
    with snapshot(db.engine) as connection:
        return _one_shown(connection, path)


@api.patch("/campaigns/<id>/placements/<position>", responses={200: PlacementShown})
def change_placement(path: PlacementPath, body: PlacementChange) -> PlacementShown:
    """Change a placement: what is left out stays as it is."""
    given: dict[str, Any] = {name: getattr(body, name) for name in body.model_fields_set - {"paused"}}
    if given.get("cost") is not None:
        given["cost"] = round(given["cost"] * HUNDRED)
    with writing(db.engine) as connection:
        campaign = campaigns.find(connection, caller(), path.id, lock=True)
        found = placements.find(connection, campaign.id, caller(), path.position)
        placements.change(connection, found, given, paused=body.paused)
        return _one_shown(connection, path)


@api.delete("/campaigns/<id>/placements/<position>", responses={204: None})
def delete_placement(path: PlacementPath) -> tuple[str, int]:
    """Remove a placement. Its post is measured no more, unless somebody else follows it."""
    with writing(db.engine) as connection:
        campaign = campaigns.find(connection, caller(), path.id, lock=True)
        placements.remove(connection, placements.find(connection, campaign.id, caller(), path.position))
    return "", 204


def _one_shown(connection: Any, path: PlacementPath) -> PlacementShown:
    campaign = campaigns.find(connection, caller(), path.id)
    found = placements.find(connection, campaign.id, caller(), path.position)
    (shown,) = _show_all(connection, [found], Plan.from_json(campaign.plan))
    return shown


def _show_all(connection: Any, rows: list[Row[Any]], plan: Plan) -> list[PlacementShown]:
    """Show them with their values at the ages that their posts have reached."""
    now = read_clock(connection)
    aged = [
        (number, age, row.published_at + age)
        for number, row in enumerate(rows)
        if row.post_id is not None and row.published_at is not None
        for age in plan.ages
        if row.published_at + age <= now
    ]
    questions = [Question(rows[number].id, rows[number].published_at, at) for number, _, at in aged]
    shown = [_show(row) for row in rows]
    for (number, age, at), value in zip(aged, values.ask(connection, caller(), questions, Placement), strict=True):
        shown[number].views_at[span(age)] = show_value(at, value)
    return shown


def _show(row: Row[Any]) -> PlacementShown:
    cost = None if row.cost is None else row.cost / HUNDRED
    reason = REASONS.get(row.reason)
    return PlacementShown(
        position=row.position,
        link=row.url,
        post=address(row.platform, row.key),
        platform=row.platform,
        reason=reason,
        advice=advice(row.platform, reason, row.detail) if reason else None,
        cost=cost,
        erid=row.erid,
        baseline=row.baseline,
        paused=row.paused_at is not None,
        added_at=moment(row.added_at),
        ends_at=moment(row.ends_at),
        published_at=moment(row.published_at),
        erids=(row.erids or "").split(),
        views=row.views,
        likes=row.likes,
        comments=row.comments,
        reposts=row.reposts,
        measured_at=moment(row.measured_at),
        source=row.source,
        er_by_views=ratio(_reactions(row), row.views),
        cpv=ratio(cost, row.views),
        cpm=ratio(None if cost is None else 1000 * cost, row.views),
        views_at={},
        next_at=moment(row.due_at) if row.paused_at is None else None,
        next_kind=PointKind(row.kind) if row.kind and row.paused_at is None else None,
        missing_since=moment(row.missing_at),
    )


def _reactions(row: Row[Any]) -> int | None:
    counts = (row.likes, row.comments, row.reposts)
    return None if None in counts else sum(counts)
