"""How a page is made: a blueprint with its guard, registered in `control.pages.site`, and `frame.show` in its views."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, request

from control.web.body_sizes import FILE_BODY, SMALL_BODY

MOST_FIELDS = 1000  # of a form


def page(name: str, guard: Callable[[], Any], *, takes_links: bool = False, takes_files: bool = False) -> Blueprint:
    """Make the blueprint of a page. `guard` is one of `page_sessions`: `anybody`, `person`, `administrator`.

    Where it `takes_links`, a form may be as long as the API's bodies with links; where it `takes_files`, with a file.
    """
    made = Blueprint(name, __name__)
    made.takes_files = takes_files  # type: ignore[attr-defined] # as below
    made.takes_links = takes_links  # type: ignore[attr-defined] # read by `Api.most_bytes`, as of the API's resources
    made.before_request(guard)
    if not takes_links:
        made.before_request(_only_small)
    return made


def let_long_forms_in() -> None:
    """Guard all pages, before a form is read. Without this, Werkzeug refuses long multipart forms."""
    made = current_app.blueprints.get(request.blueprint or "")
    if getattr(made, "takes_links", False):
        request.max_form_memory_size = request.max_content_length
    if getattr(made, "takes_files", False):
        request.max_content_length = FILE_BODY


def _only_small() -> None:
    request.max_content_length = SMALL_BODY
    request.max_form_parts = MOST_FIELDS
