"""`/checks/<id>/file` and `/checks/exports/<id>`: files of a check, at once or when they have been made."""

from flask import redirect
from flask.wrappers import Response
from werkzeug.wrappers import Response as AnyResponse

from control.errors import TooManyExports, TooManyRows
from control.exports import orders
from control.exports import source as sources
from control.exports.orders import Ordered
from control.pages import export_words, files, frame, link_filters, polls
from control.pages.blueprint import page as make_page
from control.pages.export_words import Of
from control.pages.forms import Form
from control.web import batch_files, page_sessions
from control.web.engine import db
from crawler.queue import wakeup
from crawler.store.database import snapshot, writing

page = make_page("exports", page_sessions.person)


@page.get("/checks/<id>/file")
def download(id: str) -> AnyResponse:  # noqa: A002 - the route's word
    """Send the file at once. If that takes too long, show the check's page with a button to order it."""
    choice = link_filters.choice()
    try:
        return batch_files.answer(page_sessions.user().user_id, id, choice)
    except TooManyRows:
        page_sessions.leave_message("files.said.large")
        chosen = link_filters.query(choice)
        return redirect(f"/checks/{id}?large=1{'&' if chosen else ''}{chosen}#files", 303)


@page.post("/checks/<id>/exports")
def order(id: str) -> AnyResponse:  # noqa: A002
    """Order the file. If the form is sent twice, the second one finds the same order while it is being made."""
    user_id = page_sessions.user().user_id
    try:
        with writing(db.engine) as connection:
            ordered = orders.order(connection, user_id, sources.find(connection, user_id, id), link_filters.choice())
    except TooManyExports:
        return files.shown(Form().wrong("", "files.refused.too_many_exports", 409, most=orders.MOST))
    wakeup.send(db.engine)
    return redirect(f"/checks/exports/{ordered.id}", 303)


@page.get("/checks/exports/<id>")
def show_export(id: str) -> Response:  # noqa: A002
    ordered, of = _find(id)
    tab, texts, ready = export_words.title(ordered), export_words.texts(ordered), export_words.is_ready(ordered)
    return frame.show("export.html", export=ordered, of=of, tab=tab, texts=texts, is_ready=ready)


@page.get("/checks/exports/<id>/progress")
def follow(id: str) -> AnyResponse:  # noqa: A002
    ordered, _ = _find(id)
    texts, over = export_words.texts(ordered), ordered.finished_at is not None
    button, to = frame.say("checks.results" if over else "checks.refresh"), ""
    if export_words.is_ready(ordered):
        button, to = frame.say("files.download"), f"/checks/exports/{ordered.id}/file"
    tab = export_words.title(ordered)
    return polls.answer(polls.News(texts, tab, texts["state"], over, button, ordered.rows_done, to))


@page.get("/checks/exports/<id>/file")
def fetch(id: str) -> AnyResponse:  # noqa: A002
    """Send the file. If it is not made yet, show the page with its progress."""
    if not export_words.is_ready(_find(id)[0]):
        return redirect(f"/checks/exports/{id}", 303)
    return batch_files.export_answer(page_sessions.user().user_id, id)


@page.post("/checks/exports/<id>/delete")
def delete(id: str) -> AnyResponse:  # noqa: A002
    orders.remove(db.engine, page_sessions.user().user_id, id)
    page_sessions.leave_message("files.said.export_deleted")
    return redirect("/checks/files#exports", 303)


def _find(public_id: str) -> tuple[Ordered, Of]:
    user_id = page_sessions.user().user_id
    with snapshot(db.engine) as connection:
        ordered = orders.find(connection, user_id, public_id)
        return ordered, export_words.of(connection, user_id, ordered)
