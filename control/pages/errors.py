"""An error as a page, in the frame and in the reader's language, with one way out. None of them asks the database."""

from typing import Any

from flask import Blueprint, Flask, make_response, render_template, request
from flask.wrappers import Response
from sqlalchemy.exc import IntegrityError, NoResultFound
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from control.errors import ApiError, Busy
from control.pages import frame
from control.web import page_sessions, problems
from control.web.security_headers import ERROR_PAGE

WITH_WORDS = {400, 403, 404, 405, 413, 429, 500, 503, 507}


def install(app: Flask, pages: Blueprint) -> None:
    """Answer what fails in a page as a page; so what is nowhere, where a browser asks for it."""
    pages.register_error_handler(ApiError, _ours)
    pages.register_error_handler(HTTPException, _framework)
    pages.register_error_handler(Exception, _internal)
    for status in (404, 405):
        app.register_error_handler(status, _nowhere)


def _ours(error: ApiError) -> Response:
    seconds = error.headers.get("Retry-After")
    named = {"named": error.code} if error.code == Busy.code else {}
    foreign = error.code == "foreign_form"
    answer = _page(int(error.status), seconds=int(seconds) if seconds else None, foreign=foreign, **named)
    if seconds:
        answer.headers["Retry-After"] = seconds
    return answer


def _framework(error: HTTPException) -> AnyResponse:
    if error.code is not None and error.code < 400:
        return error.get_response()
    answer = _page(error.code or 500)
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            answer.headers[name] = value
    return answer


def _nowhere(error: HTTPException) -> AnyResponse:
    types = request.accept_mimetypes
    wants_a_page = types["text/html"] > types["application/json"]
    return _framework(error) if wants_a_page else problems.framework(error)


def _internal(error: Exception) -> AnyResponse:
    trouble = problems.of_database(error)
    if trouble:
        return _ours(trouble)
    if isinstance(error, IntegrityError | NoResultFound) and page_sessions.has_left():
        return page_sessions.to_enter()
    return _page(500, instance=problems.record(error))


def _page(status: int, **given: Any) -> Response:
    request.environ[ERROR_PAGE] = True
    named = given.pop("named", status if status in WITH_WORDS else (500 if status >= 500 else 400))
    known = {"seconds": None, "foreign": False, "instance": ""} | given
    page = render_template("pages/error.html", **frame.context() | {"message": ""}, status=named, **known)
    return make_response(page, status)
