"""`/followed/<id>`: a campaign with its curve, its placements, its months, and what can be done with it."""

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from flask import redirect, request
from flask.wrappers import Response
from sqlalchemy import Connection, Row
from werkzeug.wrappers import Response as AnyResponse

from control.campaigns import campaigns, curve, listing, missed, month_list, numbers
from control.campaigns.listing import Page, PlacementState
from control.campaigns.listing import Wanted as WantedPlacements
from control.campaigns.plan import Plan
from control.campaigns.price import Wanted
from control.errors import ApiError, FollowsTooMuch, InvalidQuery
from control.pages import (
    campaign_form,
    chart,
    event_words,
    frame,
    month_words,
    placement_filters,
    placement_words,
    placing,
    plans,
    prices,
    sparks,
)
from control.pages.blueprint import page as make_page
from control.pages.chart import Chart, Point
from control.pages.checks import key
from control.pages.followed import choices
from control.pages.forms import Form, sent
from control.web import open_submissions, page_sessions
from control.web.engine import db
from control.web.settings import settings
from crawler.store.database import read_clock, snapshot

QUICK = 1_000  # placements whose curve is drawn without being asked for

page = make_page("campaign", page_sessions.person, takes_links=True, takes_files=True)


@page.get("/followed/<id>")
def show_campaign(id: str) -> Response:  # noqa: A002 - the route's word
    return _shown(id, Form())


@page.post("/followed/<id>/placements")
def add_placements(id: str) -> AnyResponse:  # noqa: A002
    """Follow further links; the same form sent twice adds them once."""
    form = sent("links", "check", "key")
    placing.take_turn()
    placing.check(form)
    if form.errors:
        return _shown(id, form)
    try:
        if placing.sent_file():
            return redirect(placing.take_file(form, id), 303)
        added = placing.add(form, id, key(form["key"], id, form["links"], form["check"]))
    except ApiError as error:
        return _shown(id, placing.refused(form, error))
    page_sessions.leave_message("followed.said.added", n=added)
    return redirect(f"/followed/{id}", 303)


@page.post("/followed/<id>/change")
def change_campaign(id: str) -> AnyResponse:  # noqa: A002
    form = sent(*campaign_form.FIELDS)
    values = campaign_form.read(form)
    if form["plan"]:
        values["plan"] = plans.chosen(form["plan"]).as_json()
    if form.errors or "price" in request.form:
        return _shown(id, form)
    try:
        campaigns.change(db.engine, settings(), page_sessions.user().user_id, id, values)
    except FollowsTooMuch:
        return _shown(id, form.wrong("plan", "followed.refused.plan_too_dense", 409))
    page_sessions.leave_message("followed.said.changed")
    return redirect(f"/followed/{id}", 303)


@page.get("/followed/<id>/delete")
def ask_to_delete(id: str) -> Response:  # noqa: A002
    with snapshot(db.engine) as connection:
        campaign = campaigns.find(connection, page_sessions.user().user_id, id)
    return frame.show("campaign_sure.html", campaign=campaign)


@page.post("/followed/<id>/delete")
def delete(id: str) -> AnyResponse:  # noqa: A002
    campaigns.remove(db.engine, page_sessions.user().user_id, id)
    page_sessions.leave_message("followed.said.deleted")
    return redirect("/followed", 303)


def _shown(public_id: str, form: Form) -> Response:
    if "curve" in request.args or "price" in request.form or placement_filters.wanted().sort.of_readings:
        open_submissions.begin(page_sessions.user().user_id)
    with snapshot(db.engine) as connection:
        campaign = campaigns.find(connection, page_sessions.user().user_id, public_id)
        given = _table(connection, campaign) | _curve(connection, campaign)
        told = event_words.latest(connection, campaign.id)
        months = month_list.read(connection, campaign)[::-1]
        now, plan = read_clock(connection), Plan.from_json(campaign.plan)
        chosen = plans.chosen(form["plan"]) if form["plan"] else plan
        asked = Wanted(chosen, campaign.time_zone, 0)
        offer = prices.offer(connection, asked, campaign) if "price" in request.form else None
    return frame.show(
        "campaign.html",
        form.status,
        form=form,
        settings=_settings(form, campaign, plan),
        key=uuid4().hex,
        campaign=campaign,
        plan=plan,
        plan_words=plans.in_words(plan),
        plan_name=plans.name_of(plan) or "own",
        own_plan=[] if plans.name_of(plan) else plans.in_words(plan),
        now=now,
        told=told,
        months=months,
        month_name=month_words.name_of,
        offer=offer,
        prices=prices.of_presets(campaign.time_zone, now),
        states=list(PlacementState),
        request_cursor=request.args.get("cursor", ""),
        **given,
        **choices(),
        **placement_filters.links(f"/followed/{public_id}"),
        **placement_words.about(campaign),
    )


def _settings(form: Form, campaign: Row[Any], plan: Plan) -> Form:
    """Return the form that changes the campaign: as it was sent, or as the campaign is."""
    if "name" in form.values:
        return form
    zone = ZoneInfo(campaign.time_zone)
    as_it_is = {
        "name": campaign.name,
        "plan": plans.name_of(plan),
        "time_zone": zone.key,
        "currency": campaign.currency,
        "ends_on": campaign_form.last_day(campaign.ends_at, zone),
    }
    return Form(as_it_is)


def _table(connection: Connection, campaign: Row[Any]) -> dict[str, Any]:
    found, wanted = _rows(connection, campaign, placement_filters.wanted())
    ids = [row.id for row in found.rows]
    return {
        "page": found,
        "wanted": wanted,
        "numbers": numbers.read(connection, campaign, found.rows),
        "missed": missed.read(connection, campaign, ids),
        "sparks": sparks.of_placements(connection, ids),
        "own_names": json.loads(campaign.own_columns),
    }


def _rows(connection: Connection, campaign: Row[Any], wanted: WantedPlacements) -> tuple[Page, WantedPlacements]:
    """Read the page of the table that is asked for, or its first where the cursor is none of it."""
    try:
        return listing.read(connection, campaign, wanted), wanted
    except InvalidQuery:
        wanted = replace(wanted, after=None)
        return listing.read(connection, campaign, wanted), wanted


def _curve(connection: Connection, campaign: Row[Any]) -> dict[str, Any]:
    """Draw the sum of all posts. Of a large campaign that takes a while, so it has to be asked for."""
    is_asked = campaign.placements <= QUICK or "curve" in request.args
    sums = curve.read(connection, campaign) if is_asked else []
    return {"sums": sums, "chart": _drawn(sums), "has_curve": is_asked}


def _drawn(sums: list[curve.Sum]) -> Chart | None:
    if len(sums) < 2:
        return None
    return chart.draw([Point(each.moment, each.views, each.fell) for each in sums], frame.time_zone())
