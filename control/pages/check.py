"""`/checks/<id>`: a check with its progress, why links failed, its table, and what can be done with it."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

from flask import redirect, request
from flask.wrappers import Response
from pydantic import ValidationError
from sqlalchemy import Engine
from werkzeug.wrappers import Response as AnyResponse

from control.batches import cancellation, growth, link_rows, naming, progress, submission, summary
from control.batches.asked_again import Again, Only, all_links, failed_links
from control.batches.idempotency import Key
from control.batches.link_rows import Page, Wanted
from control.batches.progress import Progress
from control.errors import ApiError, InvalidQuery
from control.exports import source as sources
from control.exports.source import Source
from control.pages import check_words, frame, link_filters, polls, sparks
from control.pages.blueprint import page as make_page
from control.pages.checks import NAME, key
from control.pages.forms import Form, sent
from control.reports import link_flags
from control.web import batch_files, open_submissions, page_sessions, rate_limits
from control.web.engine import db
from control.web.settings import settings
from crawler.platforms import address
from crawler.platforms.advice import advice, sentence
from crawler.queue import own_rows
from crawler.reasons import Reason
from crawler.store.database import snapshot
from crawler.store.models.batches import Status

RETRYABLE = {str(reason): reason.retryable for reason in Reason}

page = make_page("check", page_sessions.person)


@page.get("/checks/<id>")
def show_check(id: str) -> Response:  # noqa: A002 - the route's word
    return _shown(id, Form())


@page.get("/checks/<id>/progress")
def follow(id: str) -> AnyResponse:  # noqa: A002
    """Answer with the progress, as texts that the page's script puts in their places."""
    batch = progress.of_batch(db.engine, page_sessions.user().user_id, id)
    over = batch.state not in check_words.RUNNING
    says = check_words.state(batch) if over else check_words.texts(batch)["count"]
    button = frame.say("checks.results" if over else "checks.refresh")
    done = check_words.finished(batch)
    return polls.answer(polls.News(check_words.texts(batch), check_words.title(batch), says, over, button, done))


@page.post("/checks/<id>/name")
def rename(id: str) -> AnyResponse:  # noqa: A002
    form = sent("name")
    try:
        naming.rename(db.engine, page_sessions.user().user_id, id, NAME.validate_python(form["name"].strip()))
    except ValidationError:
        return _shown(id, form.wrong("name", "checks.refused.name", most=200))
    page_sessions.leave_message("checks.said.renamed")
    return redirect(f"/checks/{id}", 303)


@page.post("/checks/<id>/retry")
def retry(id: str) -> AnyResponse:  # noqa: A002
    """Try its failed links again as a new check; the same form sent twice makes one."""
    form = sent("key", "only")
    only = Only.FAILED if form["only"] == Only.FAILED else Only.RETRYABLE
    find = partial(failed_links, only=only)
    return _ask_again(id, form, find, key(form["key"], id, only), "retried", retry_of=id)


@page.post("/checks/<id>/repeat")
def repeat(id: str) -> AnyResponse:  # noqa: A002
    """Measure all its links again as a new check; the same form sent twice makes one."""
    form = sent("key")
    return _ask_again(id, form, all_links, key(form["key"], id, "repeat"), "repeated", repeat_of=id)


def _ask_again(
    public_id: str, form: Form, find: Callable[[Engine, str, str], Again], sent_once: Key, said: str, **of: Any
) -> AnyResponse:
    user_id = page_sessions.user().user_id
    rate_limits.take(rate_limits.SUBMISSIONS, user_id)
    open_submissions.begin(user_id)
    if first := submission.first_receipt(db.engine, user_id, sent_once):  # the original may be deleted by now
        return redirect(f"/checks/{first.batch_id}", 303)
    try:
        again = find(db.engine, user_id, public_id)
        rate_limits.take_links(user_id, again.links)
        batch = submission.new_batch(user_id, settings(), again.platform, name=again.name, **of)
        made, _ = submission.submit(db.engine, settings(), batch, again.links, sent_once, again.rows)
    except ApiError as error:
        if not frame.context()["has_words"](f"checks.not_retried.{error.code}"):
            raise
        return _shown(public_id, form.wrong("", f"checks.not_retried.{error.code}", int(error.status)))
    page_sessions.leave_message(f"checks.said.{said}", n=len(again.links))
    return redirect(f"/checks/{made.batch_id}", 303)


@page.get("/checks/<id>/stop")
def ask_to_stop(id: str) -> Response:  # noqa: A002
    return _asked(id, "stop")


@page.post("/checks/<id>/stop")
def stop(id: str) -> AnyResponse:  # noqa: A002
    cancellation.cancel(db.engine, page_sessions.user().user_id, id)
    page_sessions.leave_message("checks.said.stopped")
    return redirect(f"/checks/{id}", 303)


@page.get("/checks/<id>/delete")
def ask_to_delete(id: str) -> Response:  # noqa: A002
    return _asked(id, "delete")


@page.post("/checks/<id>/delete")
def delete(id: str) -> AnyResponse:  # noqa: A002
    cancellation.delete(db.engine, page_sessions.user().user_id, id)
    page_sessions.leave_message("checks.said.deleted")
    return redirect("/checks", 303)


def _asked(public_id: str, what: str) -> Response:
    batch = progress.of_batch(db.engine, page_sessions.user().user_id, public_id)
    return frame.show("check_sure.html", batch=batch, what=what, name=check_words.name_of(batch))


def _shown(public_id: str, form: Form) -> Response:
    with snapshot(db.engine) as connection:
        source = sources.find(connection, page_sessions.user().user_id, public_id)
        batch = progress.read(connection, source.batch_id)
        given = _table(connection, source)
        failures = summary.failures(connection, source.batch_id)
        over = batch.closed_at is not None
        middle = summary.median(connection, source.batch_id, batch.counts[Status.DONE]) if over else None
        grown = growth.since(connection, source.batch_id, batch, [row.position for row in given["page"].rows])
    again = sum(number for reason, number in failures.items() if RETRYABLE.get(reason))
    given |= {
        "again": again,
        "retryable": RETRYABLE,
        "batch": batch,
        "failures": failures,
        "median": middle,
        "over": over,
        "grown": grown,
    }
    given |= link_filters.links(f"/checks/{public_id}")
    return frame.show("check.html", form.status, form=form, key=uuid4().hex, **given, **_words(batch))


def _table(connection: Any, source: Source) -> dict[str, Any]:
    """Read the links that are asked for, with the columns of their user's own, and how many are chosen."""
    choice = link_filters.choice()
    found, wanted = _rows(connection, source.batch_id, link_filters.wanted())
    return {
        "page": found,
        "sparks": sparks.of_links(connection, [row.link_id for row in found.rows]),
        "wanted": wanted,
        "odd": link_flags.read(connection, source.user_id, [row.link_id for row in found.rows]),
        "own_names": source.own,
        "own_cells": own_rows.cells(connection, source.batch_id, [row.row_number for row in found.rows]),
        "chosen": 0 if choice.is_all else sources.count(connection, source, choice),
        "choosing": link_filters.query(choice),
        "at_once": 0 if "large" in request.args else batch_files.MOST_ROWS,  # a file was asked for that takes its time
    }


def _rows(connection: Any, batch_id: int, wanted: Wanted) -> tuple[Page, Wanted]:
    """Read the page of the table that is asked for, or its first where the cursor is none of it."""
    try:
        return link_rows.read(connection, batch_id, wanted), wanted
    except InvalidQuery:
        wanted = replace(wanted, cursor=None)
        return link_rows.read(connection, batch_id, wanted), wanted


def _words(batch: Progress) -> dict[str, Any]:
    language: Any = frame.language()
    return {
        "name": check_words.name_of(batch),
        "tab": check_words.title(batch),
        "texts": check_words.texts(batch),
        "running": batch.state in check_words.RUNNING,
        "finished": check_words.finished(batch),
        "advice": lambda row: advice(row.platform, row.reason, row.detail, language),
        "sentence": lambda reason: sentence(reason, language),
        "post": lambda row: address(row.platform, row.key),
        "statuses": list(Status),
    }
