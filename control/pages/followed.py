"""`/followed`: make a campaign, and all one's campaigns."""

from contextlib import suppress
from typing import Any
from uuid import uuid4

from flask import redirect, request
from flask.wrappers import Response
from werkzeug.wrappers import Response as AnyResponse

from control.accounts.choices import time_zones
from control.batches import pasted, progress
from control.batches.names import LONGEST
from control.batches.progress import Progress
from control.campaigns import campaigns
from control.campaigns.placements import MOST_PLACEMENTS
from control.campaigns.plan import Plan
from control.campaigns.price import Wanted
from control.errors import ApiError, NotFound
from control.pages import campaign_form, check_words, event_words, frame, placing, plans, prices
from control.pages.account import FIRST_ZONES
from control.pages.blueprint import page as make_page
from control.pages.checks import key
from control.pages.forms import Form, sent
from control.web import page_sessions
from control.web.engine import db
from crawler.spreadsheets.reading.limits import MOST_OF_A_FILE
from crawler.store.database import read_clock, snapshot

FIELDS = (*campaign_form.FIELDS, "links", "check", "key")
ON_A_PAGE = 20

page = make_page("followed", page_sessions.person, takes_links=True, takes_files=True)


@page.before_request
def take_turn() -> None:
    if request.method == "POST":
        placing.take_turn()


@page.get("/followed")
def show_campaigns() -> Response:
    usual = {"plan": plans.FIRST, "time_zone": frame.time_zone().key, "currency": "RUB"}
    return _shown(Form(usual | {"check": request.args.get("check", "")}))


@page.post("/followed")
def create_campaign() -> AnyResponse:
    """Make a campaign of the links; the same form sent twice makes one."""
    form = sent(*FIELDS)
    values = campaign_form.read(form) | {"plan": plans.chosen(form["plan"]).as_json()}
    placing.check(form)
    if form.errors or "price" in request.form:
        return _shown(form)
    once = key(form["key"], *(form[name] for name in FIELDS))
    try:
        made = campaigns.make(db.engine, page_sessions.user().user_id, values, once).public_id
    except ApiError as error:
        return _shown(placing.refused(form, error))
    try:
        return _filled(form, made)
    except ApiError as error:
        campaigns.remove(db.engine, page_sessions.user().user_id, made)
        return _shown(placing.refused(form, error))


def _filled(form: Form, campaign: str) -> AnyResponse:
    if placing.sent_file():
        return redirect(placing.take_file(form, campaign), 303)
    added = placing.add(form, campaign, key(form["key"], campaign, form["links"], form["check"]))
    page_sessions.leave_message("followed.said.made", n=added)
    return redirect(f"/followed/{campaign}", 303)


def _shown(form: Form) -> Response:
    user_id = page_sessions.user().user_id
    found, cursor = campaigns.page(db.engine, user_id, request.args.get("cursor"), ON_A_PAGE)
    with snapshot(db.engine) as connection:
        now, told = read_clock(connection), event_words.latest(connection)
        offer = prices.offer(connection, _wanted(form)) if "price" in request.form else None
    return frame.show(
        "followed.html",
        form.status,
        form=form,
        key=uuid4().hex,
        campaigns=found,
        cursor=cursor,
        first="cursor" not in request.args,
        now=now,
        told=told,
        offer=offer,
        prices=prices.of_presets(_zone(form), now),
        plan_of=lambda row: plans.name_of(Plan.from_json(row.plan)),
        check=_check(form["check"]),
        **choices(),
    )


def _wanted(form: Form) -> Wanted:
    """Return what the form asks to follow, as far as that can be told without its file."""
    posts = _links(form["check"]) if form["check"] else len(pasted.links(form["links"]))
    return Wanted(plans.chosen(form["plan"]), _zone(form), posts)


def _zone(form: Form) -> str:
    return form["time_zone"] if form["time_zone"] in time_zones() else frame.time_zone().key


def choices() -> dict[str, Any]:
    """Return what the fields of a campaign's form offer, and their limits."""
    return {
        "presets": {name: plans.in_words(plan) for name, plan in plans.PRESETS.items()},
        "zones": FIRST_ZONES,
        "longest": LONGEST,
        "most_links": MOST_PLACEMENTS,
        "most_megabytes": MOST_OF_A_FILE >> 20,
    }


def _check(public_id: str) -> str:
    """Return the name of the check whose links are to be followed; empty: there is none."""
    found = _progress(public_id)
    return check_words.name_of(found) if found else ""


def _links(public_id: str) -> int:
    found = _progress(public_id)
    return found.links if found else 0


def _progress(public_id: str) -> Progress | None:
    with suppress(NotFound):
        return progress.of_batch(db.engine, page_sessions.user().user_id, public_id) if public_id else None
    return None
