"""Campaigns: what is followed together, and when it is measured."""

import json
from typing import Annotated, Any, Literal, Self

from flask import url_for
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StrictBool, WithJsonSchema, model_validator
from sqlalchemy import Row

from control.accounts import choices
from control.batches.names import LONGEST, Name
from control.campaigns import campaigns
from control.campaigns.plan import ADAPTIVE, SHORTEST_SECONDS, USUAL, Plan
from control.times import PATTERN, Moment, Span, moment, seconds, span
from control.web.auth import authenticate, caller
from control.web.engine import db
from control.web.openapi import CAMPAIGNS, Shape, resource
from control.web.settings import settings
from crawler.store.database import snapshot

MOST_AGES = 20
AGES = tuple(map(span, USUAL.ages))
LOCATION = {"description": "The campaign.", "schema": {"type": "string"}}

api = resource("campaigns", CAMPAIGNS, authenticate)


def _between(value: object) -> object:
    """Read a span that is long enough; `adaptive` and null stand for themselves."""
    if value is None or value == ADAPTIVE:
        return value
    if (read := seconds(value)) < SHORTEST_SECONDS:
        raise ValueError(f"must be {span(SHORTEST_SECONDS)} or longer")
    return read


SPAN_OR_ADAPTIVE = {"anyOf": [{"type": "string", "pattern": f"{PATTERN}|^{ADAPTIVE}$"}, {"type": "null"}]}
Between = Annotated[float | Literal["adaptive"] | None, BeforeValidator(_between), WithJsonSchema(SPAN_OR_ADAPTIVE)]


def _zone(name: str) -> str:
    return choices.zone(name).key


TimeZone = Annotated[str, AfterValidator(_zone), Field(max_length=LONGEST)]


class PlanBody(Shape):
    ages: list[Span] = Field(
        list(AGES),
        validate_default=True,
        max_length=MOST_AGES,
        description="Ages of the post, since it was published, at which it is measured.",
        examples=[list(AGES)],
    )
    month_ends: StrictBool = Field(
        USUAL.month_ends, description="Also on both sides of each midnight between two months."
    )
    between: Between = Field(
        None,
        description="Also so long after each reading, 15m or more; `adaptive`: as the post's growth asks; null: not.",
    )
    until: Span = Field(
        span(USUAL.until), validate_default=True, description="The age from which on a post is followed no more."
    )

    def plan(self) -> Plan:
        return Plan(tuple(sorted(set(self.ages))), self.month_ends, self.between, self.until)


class PlanShown(Shape):
    ages: list[str]
    month_ends: bool
    between: str | None
    until: str


class CampaignBody(Shape):
    name: Name = Field(min_length=1, description="As you call it.", examples=["November, bloggers"])
    time_zone: TimeZone | None = Field(
        None, description="Of its days and months. Without it: the server's.", examples=["Europe/Moscow"]
    )
    currency: str = Field("RUB", pattern="^[A-Z]{3}$", description="Of costs, by ISO 4217.")
    plan: PlanBody = Field(
        default_factory=lambda: PlanBody(between=USUAL.between),
        description="When its posts are measured. Without it: at the usual ages, month ends, and `adaptive`.",
    )
    ends_at: Moment | None = Field(None, description="Nothing is measured for it from then on.")


def left_out() -> Any:
    """Return what stands for a field that a change leaves out, and that cannot be null."""
    return None


class CampaignChange(Shape):
    """What is left out stays."""

    name: Name = Field(default_factory=left_out, min_length=1)
    time_zone: TimeZone = Field(default_factory=left_out)
    currency: str = Field(default_factory=left_out, pattern="^[A-Z]{3}$")
    plan: PlanBody = Field(default_factory=left_out, description="Holds from now on; what was measured stays.")
    ends_at: Moment | None = Field(None, description="Null: it has no end.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError(f"Send at least one of {', '.join(type(self).model_fields)}.")
        return self


class CampaignShown(Shape):
    id: str
    url: str
    placements_url: str
    name: str
    time_zone: str
    currency: str
    plan: PlanShown
    placements: int
    own_columns: list[str] = Field(description="Of all its placements, in the order in which they came.")
    ends_at: str | None
    created_at: str


class CampaignMade(CampaignShown):
    model_config = ConfigDict(extra="forbid", openapi_extra={"headers": {"Location": LOCATION}})  # type: ignore[typeddict-unknown-key]


class Campaigns(Shape):
    campaigns: list[CampaignShown]
    next_cursor: str | None = Field(description="Null at the end.")


class CampaignPath(Shape):
    id: str


class CampaignsQuery(Shape):
    cursor: str | None = Field(None, max_length=LONGEST, description="`next_cursor` of the page before.")
    limit: Annotated[int, Field(ge=1, le=100)] = 20


@api.post("/campaigns", responses={201: CampaignMade, 409: None})
def create_campaign(body: CampaignBody) -> tuple[CampaignMade, int, dict[str, str]]:
    """Make a campaign. Its placements come by `POST /campaigns/<id>/placements`."""
    values = body.model_dump(exclude={"plan", "time_zone"})
    zone = body.time_zone or settings().timezone
    made = campaigns.make(db.engine, caller(), values | {"time_zone": zone, "plan": body.plan.plan().as_json()})
    shown = CampaignMade(**_fields(made))
    return shown, 201, {"Location": shown.url}


@api.get("/campaigns", responses={200: Campaigns, 404: None})
def list_campaigns(query: CampaignsQuery) -> Campaigns:
    """Your campaigns, newest first."""
    rows, cursor = campaigns.page(db.engine, caller(), query.cursor, query.limit)
    return Campaigns(campaigns=[CampaignShown(**_fields(row)) for row in rows], next_cursor=cursor)


@api.get("/campaigns/<id>", responses={200: CampaignShown})
def get_campaign(path: CampaignPath) -> CampaignShown:
    """One campaign."""
    with snapshot(db.engine) as connection:
        return CampaignShown(**_fields(campaigns.find(connection, caller(), path.id)))


@api.patch("/campaigns/<id>", responses={200: CampaignShown, 409: None})
def change_campaign(path: CampaignPath, body: CampaignChange) -> CampaignShown:
    """Change a campaign: what is left out stays as it is."""
    values = {name: getattr(body, name) for name in body.model_fields_set}
    if body.plan:
        values["plan"] = body.plan.plan().as_json()
    return CampaignShown(**_fields(campaigns.change(db.engine, settings(), caller(), path.id, values)))


@api.delete("/campaigns/<id>", responses={204: None})
def delete_campaign(path: CampaignPath) -> tuple[str, int]:
    """Delete a campaign with its placements. Posts that nobody else follows are measured no more."""
    campaigns.remove(db.engine, caller(), path.id)
    return "", 204


def _fields(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "url": url_for("campaigns.get_campaign", id=row.public_id, _external=True),
        "placements_url": url_for("placements.list_placements", id=row.public_id, _external=True),
        "name": row.name,
        "time_zone": row.time_zone,
        "currency": row.currency,
        "plan": _plan(Plan.from_json(row.plan)),
        "placements": row.placements,
        "own_columns": json.loads(row.own_columns),
        "ends_at": moment(row.ends_at),
        "created_at": moment(row.created_at),
    }


def _plan(plan: Plan) -> PlanShown:
    between = plan.between if plan.between in {None, ADAPTIVE} else span(float(plan.between or 0))
    ages = [span(age) for age in plan.ages]
    return PlanShown(ages=ages, month_ends=plan.month_ends, between=between, until=span(plan.until))
