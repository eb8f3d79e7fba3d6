"""What users are told of their campaigns: written once each, and read from where they left off."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, and_, select

from crawler.store.database import upsert
from crawler.store.models.accounts import User
from crawler.store.models.campaigns import Campaign, Placement
from crawler.store.models.events import Event, EventKind

WHOLE = -1  # the position of what is said of a whole campaign
KEPT_DAYS = 90


class Fact(NamedTuple):
    """`name` tells it from others of its kind, of the same placement. Times are seconds since 1970."""

    kind: EventKind
    campaign_id: int
    position: int
    name: str
    at: float
    details: dict[str, Any]


class Page(NamedTuple):
    rows: list[Row[Any]]
    last: int  # where the next page begins


def write(connection: Connection, facts: Sequence[Fact]) -> None:
    """Write those that are not written yet.

    Campaigns are locked before their users, as by whoever changes a campaign. Under a user's lock ids are given in the
    order of commits.
    """
    if not facts:
        return
    ids = sorted({fact.campaign_id for fact in facts})
    held = select(Campaign.id, Campaign.user_id).where(Campaign.id.in_(ids)).order_by(Campaign.id)
    owner = {id_: user for id_, user in connection.execute(held.with_for_update(read=True, key_share=True))}  # noqa: C416
    users = select(User.id).where(User.id.in_(set(owner.values()))).order_by(User.id)
    connection.execute(users.with_for_update(key_share=True))
    rows = [_row(fact, owner[fact.campaign_id]) for fact in facts if fact.campaign_id in owner]
    if rows:
        connection.execute(upsert(connection, Event).on_conflict_do_nothing(), rows)


def _row(fact: Fact, user_id: str) -> dict[str, Any]:
    about = {"campaign_id": fact.campaign_id, "position": fact.position, "kind": fact.kind, "fact": fact.name}
    return {**about, "user_id": user_id, "at": fact.at, "details": json.dumps(fact.details)}


def read(connection: Connection, user_id: str, since: int, limit: int) -> Page:
    """Read the user's events after this one, in the order written."""
    some = _of(user_id).where(Event.id > since)
    rows: list[Any] = list(connection.execute(some.order_by(Event.id).limit(limit)))
    return Page(rows, rows[-1].id if rows else since)


def latest(connection: Connection, user_id: str, limit: int, campaign_id: int | None = None) -> Sequence[Row[Any]]:
    """Read the user's last events, or those of one campaign, newest first."""
    some = _of(user_id)
    if campaign_id is not None:
        some = some.where(Event.campaign_id == campaign_id)
    return connection.execute(some.order_by(Event.id.desc()).limit(limit)).all()


def _of(user_id: str) -> Select[*tuple[Any, ...]]:
    placed = and_(Placement.campaign_id == Event.campaign_id, Placement.position == Event.position)
    about = (Campaign.public_id, Campaign.name, Placement.url)
    named = select(Event, *about).join(Campaign, Campaign.id == Event.campaign_id).outerjoin(Placement, placed)
    return named.where(Event.user_id == user_id)
