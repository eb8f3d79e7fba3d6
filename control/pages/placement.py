"""`/followed/<id>/<position>`: a placement: its post's curve and readings, and the fields that its user may change."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import redirect
from flask.wrappers import Response
from sqlalchemy import Row
from werkzeug.wrappers import Response as AnyResponse

from control.campaigns import campaigns, listing, missed, numbers, placements, recognised
from control.campaigns.listing import PlacementState
from control.campaigns.plan import Plan
from control.campaigns.recognised import HUNDRED, READERS
from control.errors import FollowsTooMuch, QuotaExceeded
from control.pages import campaign_form, frame, placement_words, placing, post_history
from control.pages.blueprint import page as make_page
from control.pages.forms import Form, sent
from control.reports import history
from control.web import page_sessions
from control.web.engine import db
from control.web.settings import settings
from crawler.queue import wakeup
from crawler.store.database import snapshot, writing

PLACE = "/followed/<id>/<int(max=1000000000):position>"
FIELDS = (*READERS, "ends_on")

page = make_page("placement", page_sessions.person)


@page.get(PLACE)
def show_placement(id: str, position: int) -> Response:  # noqa: A002 - the route's word
    return _shown(id, position, Form())


@page.post(f"{PLACE}/change")
def change_placement(id: str, position: int) -> AnyResponse:  # noqa: A002
    form = sent(*FIELDS)
    try:
        with writing(db.engine) as connection:
            campaign = campaigns.find(connection, page_sessions.user().user_id, id, lock=True)
            placement = listing.find(connection, campaign, position)
            values = _read(form, placement, ZoneInfo(campaign.time_zone))
            if not form.errors:
                placements.change(connection, settings(), placement, values, paused=None)
    except FollowsTooMuch as error:
        placing.said(form, "ends_on", error)
    if form.errors:
        return _shown(id, position, form)
    return _done(id, position, "changed")


@page.post(f"{PLACE}/pause")
def pause_placement(id: str, position: int) -> AnyResponse:  # noqa: A002
    """Let it follow its post no more, or again."""
    pauses = sent("paused")["paused"] == "1"
    try:
        with writing(db.engine) as connection:
            campaign = campaigns.find(connection, page_sessions.user().user_id, id, lock=True)
            found = listing.find(connection, campaign, position)
            placements.change(connection, settings(), found, {}, paused=pauses)
    except (FollowsTooMuch, QuotaExceeded) as error:
        return _shown(id, position, placing.said(Form(), "", error))
    return _done(id, position, "paused" if pauses else "goes_on")


@page.get(f"{PLACE}/delete")
def ask_to_delete(id: str, position: int) -> Response:  # noqa: A002
    with snapshot(db.engine) as connection:
        campaign = campaigns.find(connection, page_sessions.user().user_id, id)
        placement = listing.find(connection, campaign, position)
    return frame.show("placement_sure.html", campaign=campaign, placement=placement)


@page.post(f"{PLACE}/delete")
def delete_placement(id: str, position: int) -> AnyResponse:  # noqa: A002
    with writing(db.engine) as connection:
        campaign = campaigns.find(connection, page_sessions.user().user_id, id, lock=True)
        placements.remove(connection, listing.find(connection, campaign, position))
    page_sessions.leave_message("followed.said.removed")
    return redirect(f"/followed/{id}", 303)


def _done(public_id: str, position: int, said: str) -> AnyResponse:
    wakeup.send(db.engine)
    page_sessions.leave_message(f"followed.said.{said}")
    return redirect(f"/followed/{public_id}/{position}", 303)


def _read(form: Form, placement: Row[Any], zone: ZoneInfo) -> dict[str, Any]:
    """Return the columns, and its end if that is another one. A cell that is not what its field holds is noted in the
    form.
    """
    values = {name: recognised.read(name, form[name]) for name in READERS}
    for name, value in values.items():
        if value is None and form[name].strip():
            form.wrong(name, f"followed.unread.{name}")
    same = form["ends_on"] == campaign_form.last_day(placement.ends_at, zone)
    return values if same else values | {"ends_at": campaign_form.ends_at(form, zone)}


def _shown(public_id: str, position: int, form: Form) -> Response:
    given = post_history.nothing()
    with snapshot(db.engine) as connection:
        campaign = campaigns.find(connection, page_sessions.user().user_id, public_id)
        placement = listing.find(connection, campaign, position)
        (its,) = numbers.read(connection, campaign, [placement])
        lost = missed.read(connection, campaign, [placement.id]).get(placement.id, [])
        if placement.post_id is not None:
            subject = history.of_placement(connection, campaign.user_id, placement.id)
            given = post_history.read(connection, subject, Plan.from_json(campaign.plan).ages)
    about = placement_words.about(campaign) | given
    return frame.show(
        "placement.html",
        form.status,
        form=form,
        fields=form if form.values else _as_it_is(placement, ZoneInfo(campaign.time_zone)),
        campaign=campaign,
        placement=placement,
        its=its,
        missed=lost,
        own=its.own,
        missing_since=_missing_since(placement),
        is_paused=placement.state == PlacementState.PAUSED,
        **about,
    )


def _missing_since(placement: Row[Any]) -> float | None:
    """Return since when its post is gone for this campaign, which may have begun to follow it later."""
    if placement.state != PlacementState.MISSING or placement.since is None:
        return None
    return float(max(placement.missing_at, placement.since))


def _as_it_is(placement: Row[Any], zone: ZoneInfo) -> Form:
    """Return the form that would change nothing."""
    cost = "" if placement.cost is None else f"{placement.cost / HUNDRED:.2f}".removesuffix(".00")
    values = {name: str(getattr(placement, name) or "") for name in ("blogger", "date", "erid")}
    baseline = "" if placement.baseline is None else str(placement.baseline)
    ends_on = campaign_form.last_day(placement.ends_at, zone)
    return Form(values | {"cost": cost, "baseline": baseline, "ends_on": ends_on})
