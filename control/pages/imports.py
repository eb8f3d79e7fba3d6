"""`/checks/files/<id>`: the second step of a file: what is understood of it, corrections, and what it becomes."""

import json
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from flask import redirect, request
from flask.wrappers import Response
from pydantic import ValidationError
from werkzeug.wrappers import Response as AnyResponse

from control import times
from control.batches import submission
from control.batches.names import LONGEST
from control.campaigns import campaigns
from control.errors import ApiError, UnreadableFile
from control.imports import storage, stored_file
from control.imports.accepting import Acceptance, AsBatch, AsPlacements
from control.pages import frame
from control.pages.blueprint import page as make_page
from control.pages.checks import NAME, SPANS, USUAL_SPAN, span
from control.pages.forms import Form, sent
from control.pages.upload import refused
from control.web import open_submissions, page_sessions, rate_limits
from control.web.engine import db
from control.web.settings import settings
from crawler.spreadsheets.reading.table import MOST_COLUMNS, Corrections
from crawler.store.database import snapshot

FIELDS = ("name", "deadline", "max_age", "campaign", "sheet", "header_row", "link_column")
MOST_ROWS_ABOVE = 20  # among which a reader chooses the header
MOST_ROWS = 8  # that are shown
MOST_NAMED = 5  # rows with the same oddity

page = make_page("imports", page_sessions.person)


@page.get("/checks/files/<id>")
def show_import(id: str) -> AnyResponse:  # noqa: A002 - the route's word
    form = Form({name: request.args.get(name, "") for name in FIELDS})
    if _corrections(form) != Corrections():
        _take_turn(page_sessions.user().user_id)
    return _shown(id, form)


@page.post("/checks/files/<id>")
def accept_import(id: str) -> AnyResponse:  # noqa: A002
    """Make a check of it, or placements of a campaign. However often the form is sent, that is done once."""
    user_id, form = page_sessions.user().user_id, sent(*FIELDS)
    _take_turn(user_id)
    kept = request.form.getlist("own")[:MOST_COLUMNS]
    try:
        given = replace(_corrections(form), link_column=form["link_column"] or None, columns=kept)
        count = partial(rate_limits.take_links, user_id)
        made = Acceptance(db.engine, _destination(user_id, form), id).accept(given, count)
    except ValidationError:
        return _shown(id, form.wrong("name", "checks.refused.name", most=LONGEST), kept)
    except ApiError as error:
        return _shown(id, refused(form, error, "link_column"), kept)
    receipt = made["receipt"]
    links = receipt["accepted"] + receipt["duplicates"] + receipt["rejected"]
    said = "followed.said.unread" if made.get("unread") else f"{_room(made)}.said.made"
    page_sessions.leave_message(said, n=links, cells=len(made.get("unread", ())))
    return redirect(_address(made), 303)


def _destination(user_id: str, form: Form) -> AsBatch | AsPlacements:
    if form["campaign"]:
        return AsPlacements(settings(), user_id, form["campaign"])
    name = NAME.validate_python(form["name"].strip())
    batch = submission.new_batch(user_id, settings(), None, deadline=span(form["deadline"]), name=name)
    return AsBatch(settings(), batch, span(form["max_age"]))


@page.post("/checks/files/<id>/delete")
def delete_import(id: str) -> AnyResponse:  # noqa: A002
    with snapshot(db.engine) as connection:
        storage.find(connection, page_sessions.user().user_id, id)
    storage.drop(db.engine, id)
    page_sessions.leave_message("files.said.import_deleted")
    return redirect("/checks/files", 303)


@dataclass(frozen=True, slots=True)
class Column:
    """One of a file, with its place among the cells of a row, and whether it is marked to be kept."""

    place: int
    name: str
    links: int
    is_kept: bool


def _take_turn(user_id: str) -> None:
    rate_limits.take(rate_limits.SUBMISSIONS, user_id)
    open_submissions.begin(user_id)


def _corrections(form: Form) -> Corrections:
    """Read which table of the file is meant."""
    row = form["header_row"]
    return Corrections(form["sheet"] or None, int(row[:7]) if row.isdecimal() else None)


def _shown(public_id: str, form: Form, kept: list[str] | None = None) -> AnyResponse:
    """Show what is understood, or the check that the file has become."""
    user_id = page_sessions.user().user_id
    with snapshot(db.engine) as connection:
        found = storage.find(connection, user_id, public_id)
    if first := storage.answer(found):
        return redirect(_address(first), 303)
    understood = json.loads(found.understood)
    given = _corrections(form)
    if given != Corrections():
        understood = _read_again(user_id, found.id, given, form) or understood
    return _page(found.name, public_id, understood, form, kept)


def _address(made: dict[str, Any]) -> str:
    """Return where that stands which a file has become: a check, or placements of a campaign."""
    return f"/{_room(made)}/{made['receipt']['batch_id']}"


def _room(made: dict[str, Any]) -> str:
    return "followed" if "campaign" in made else "checks"


def _read_again(user_id: str, import_id: int, given: Corrections, form: Form) -> dict[str, Any] | None:
    try:
        with stored_file.read(db.engine, user_id, import_id, given, rows=False) as read:
            return read.understood
    except UnreadableFile as error:
        refused(form, error, "sheet")
        form.values |= {"sheet": "", "header_row": ""}
        return None


def _page(name: str, public_id: str, understood: dict[str, Any], form: Form, kept: list[str] | None) -> Response:
    link_column = form["link_column"] or understood["link_column"]
    columns = _columns(understood, link_column, kept)
    first = understood["first_rows"][:MOST_ROWS]
    rows = [{"row": row["row"], "cells": [row["cells"][each.place] for each in columns]} for row in first]
    return frame.show(
        "import.html",
        form.status,
        form=form,
        file_name=name,
        id=public_id,
        understood=understood,
        odd=_odd(understood),
        columns=columns,
        rows=rows,
        link_column=link_column,
        above=MOST_ROWS_ABOVE,
        spans={span: times.seconds(span) for span in SPANS},
        deadline=form["deadline"] if form["deadline"] in SPANS else USUAL_SPAN,
        longest=LONGEST,
        campaign=_campaign(form),
    )


def _campaign(form: Form) -> str:
    """Return the name of the campaign that the links are for; empty: they are for a check."""
    if not form["campaign"]:
        return ""
    with snapshot(db.engine) as connection:
        return str(campaigns.find(connection, page_sessions.user().user_id, form["campaign"]).name)


def _columns(understood: dict[str, Any], link_column: str, kept: list[str] | None) -> list[Column]:
    """Choose the columns that are shown: as many as can be kept, and that of the links wherever it stands."""
    found = [
        Column(place, each["name"], each["links"], each["kept"] if kept is None else each["name"] in kept)
        for place, each in enumerate(understood["columns"])
    ]
    first = found[:MOST_COLUMNS]
    return first + [each for each in found[MOST_COLUMNS:] if each.name == link_column]


def _odd(understood: dict[str, Any]) -> list[tuple[str, int, str]]:
    """Say what is odd: its code, how often, and the first rows where."""
    found = []
    for code, count in understood["problem_counts"].items():
        rows = [str(each["row"]) for each in understood["problems"] if each["code"] == code and each["row"]]
        more = "…" if count > MOST_NAMED else ""
        found.append((code, count, ", ".join(rows[:MOST_NAMED]) + more if rows else ""))
    return found
