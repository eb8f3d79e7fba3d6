"""Installs all pages, and what is true of each of them."""

import gzip

from flask import Blueprint, Flask, redirect, request
from flask.wrappers import Response
from werkzeug.wrappers import Response as AnyResponse

from control.pages import (
    account,
    campaign,
    check,
    checks,
    enter,
    errors,
    evidence,
    exports,
    files,
    followed,
    frame,
    imports,
    missed,
    month,
    month_files,
    placement,
    post,
    preferences,
    register,
    reports,
    setup,
    system,
)
from control.pages.blueprint import let_long_forms_in, page
from control.web import assets, cross_site, page_sessions
from control.web.security_headers import PAGES

WORTH_PACKING = 1024  # bytes
LEVEL = 5

home = page("home", page_sessions.anybody)


@home.get("/")
def go_home() -> AnyResponse:
    return redirect(frame.home(), 303)


def install(app: Flask) -> None:
    pages = Blueprint(PAGES, __name__)
    pages.before_request(page_sessions.come_again)
    pages.before_request(let_long_forms_in)
    pages.before_request(cross_site.check)
    pages.after_request(_pack)
    for one in (
        home,
        enter.entering,
        enter.leaving,
        register.page,
        setup.page,
        preferences.page,
        account.page,
        system.page,
        checks.page,
        check.page,
        post.page,
        followed.page,
        campaign.page,
        placement.page,
        month.page,
        missed.page,
        reports.page,
        exports.page,
        files.page,
        imports.page,
        evidence.page,
        month_files.page,
    ):
        pages.register_blueprint(one)
    page_sessions.install(app)
    assets.install(app)
    errors.install(app, pages)
    app.register_blueprint(pages)


def _pack(response: Response) -> Response:
    """Compress a page, because waitress does not."""
    response.headers["Vary"] = "Accept-Encoding, Cookie, Accept-Language"
    if response.mimetype != "text/html":  # a file may be a stream
        return response
    body = response.get_data()
    if request.accept_encodings["gzip"] > 0 and len(body) >= WORTH_PACKING:
        response.set_data(gzip.compress(body, LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response
