"""Links that a form adds to a campaign: pasted, in a file, or those of a check; or it is said in words why not."""

from typing import Any
from urllib.parse import urlencode

from flask import request
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import FileStorage

from control.batches import pasted
from control.batches.idempotency import Key
from control.campaigns import placements
from control.campaigns.placements import MOST_PLACEMENTS
from control.errors import ApiError, Later, StorageFull
from control.pages import frame, upload
from control.pages.forms import Form
from control.web import open_submissions, page_sessions, problems, rate_limits
from control.web.engine import db
from control.web.settings import settings


def take_turn() -> None:
    """Let a user add one list after the other, and only so many."""
    user_id = page_sessions.user().user_id
    rate_limits.take(rate_limits.SUBMISSIONS, user_id)
    rate_limits.take(rate_limits.LINKS, user_id, 0)
    open_submissions.begin(user_id)


def sent_file() -> FileStorage | None:
    file = request.files.get("file")
    return file if file and file.filename else None


def check(form: Form) -> None:
    """Note in the form if there is nothing to add, or more than one list, or too much."""
    links = pasted.links(form["links"])
    others = [name for name, there in (("check", form["check"].strip()), ("file", sent_file())) if there]
    if len(others) + bool(links) > 1:
        form.wrong("file" if "file" in others else "links", "followed.refused.both")
    elif not links and not others:
        form.wrong("links", "followed.refused.no_links")
    elif len(links) > MOST_PLACEMENTS:
        form.wrong("links", "followed.refused.too_many_links", most=MOST_PLACEMENTS)


def add(form: Form, campaign: str, key: Key) -> int:
    """Let the campaign follow the pasted links, or those of the check; return how many. Raises ApiError."""
    user_id, batch = page_sessions.user().user_id, form["check"].strip() or None
    links = placements.links_of(db.engine, user_id, batch) if batch else pasted.links(form["links"])
    rate_limits.take_links(user_id, links)
    try:
        placements.add(db.engine, settings(), user_id, campaign, links, key, batch=batch)
    except OperationalError as error:
        trouble = problems.of_database(error)
        if not isinstance(trouble, StorageFull):
            raise
        raise trouble from error
    return len(links)


def take_file(form: Form, campaign: str) -> str:
    """Keep the file and return the address where it is looked at before it is followed. Raises ApiError."""
    file = sent_file()
    assert file is not None
    return f"/checks/files/{upload.take(file, form['key'])}?{urlencode({'campaign': campaign})}"


def refused(form: Form, error: ApiError) -> Form:
    """Say why the links are not taken. Raises the error where there are no words for it."""
    if sent_file():
        return upload.refused(form, error, "file")
    return said(form, "" if form["check"] else "links", error)


def said(form: Form, name: str, error: ApiError) -> Form:
    """Say at the field of this name why nothing was done. Raises the error where there are no words for it."""
    key, about = f"followed.refused.{error.code}", dict[str, Any]()
    if isinstance(error, Later):
        about = {"left": frame.context()["span"](int(error.headers["Retry-After"]))}
    if not frame.context()["has_words"](key):
        raise error
    return form.wrong(name, key, int(error.status), **about)
