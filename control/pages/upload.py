"""A file in the form of `/checks`: it is taken, or it is said in words why not."""

from re import fullmatch
from uuid import uuid4

from werkzeug.datastructures import FileStorage

from control.errors import ApiError, Later, UnreadableFile
from control.imports import uploading
from control.pages import frame
from control.pages.forms import Form
from control.web import page_sessions
from control.web.engine import db


def take(file: FileStorage, key: str) -> str:
    """Keep the file and return the import's id. Raises UnreadableFile, KeepsTooMuch, Busy and more."""
    user_id = page_sessions.user().user_id
    once = key if fullmatch("[0-9a-f]{32}", key) else uuid4().hex
    return uploading.take_once(db.engine, user_id, file.filename or "", file.stream, once)


def refused(form: Form, error: ApiError, name: str) -> Form:
    """Say at the field of this name why the file is not taken. Raises the error where there are no words for it."""
    about: dict[str, object] = {}
    key = f"files.refused.{error.code}"
    if isinstance(error, UnreadableFile):
        about, key = {"about": error.about}, f"files.unreadable.{error.reason}"
    if isinstance(error, Later):
        about = {"left": frame.context()["span"](int(error.headers["Retry-After"]))}
    if not frame.context()["has_words"](key):
        raise error
    return form.wrong(name, key, int(error.status), **about)
