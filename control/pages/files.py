"""`/checks/files`: files that were ordered, and uploaded files that wait to be accepted."""

from flask.wrappers import Response

from control.exports import orders
from control.imports import storage
from control.pages import export_words, frame
from control.pages.blueprint import page as make_page
from control.pages.forms import Form
from control.web import page_sessions
from control.web.engine import db
from crawler.store.database import snapshot

page = make_page("files", page_sessions.person)


@page.get("/checks/files")
def show_files() -> Response:
    return shown(Form())


def shown(form: Form) -> Response:
    """Show the files, and what is wrong with a form."""
    user_id = page_sessions.user().user_id
    with snapshot(db.engine) as connection:
        imports = storage.list_open(connection, user_id)
        exports = orders.list_all(connection, user_id)
        names = {each.id: export_words.of(connection, user_id, each).name for each in exports}
    words = {each.id: export_words.texts(each) for each in exports}
    given = {"imports": imports, "exports": exports, "names": names, "words": words}
    return frame.show("files.html", form.status, form=form, is_ready=export_words.is_ready, **given)
