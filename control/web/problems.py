"""How an error is answered: as a problem of RFC 9457. Only this file turns an error into an answer."""

from collections.abc import Iterable
from http import HTTPStatus
from traceback import format_exception
from typing import Any
from uuid import uuid4

from flask import Flask, Response, json, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from control.errors import ApiError, DatabaseUnavailable, FieldError, StorageFull
from control.logs import get_logger
from control.web.body_sizes import MOST_BYTES, SMALL_BODY
from crawler.spreadsheets.reading.limits import MOST_OF_A_FILE
from crawler.store import database

log = get_logger()

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 20  # bad fields that one answer names
LONGEST_NAME = 100  # characters shown of a field's name, which may be whatever the client sent


NO_ROOM = "The server's disk is full: nothing was stored, send it again later."
NO_ROOM_TO_DELETE = (
    "The server's disk is full, and to delete takes some room before it gives any back: nothing was deleted. "
    "Whoever runs the server has to make room."
)


class Problem(BaseModel):
    """An error as in RFC 9457. Programs should decide by `code`; the other texts may change."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="`about:blank`: `code` tells more than a URI would.")
    title: str
    status: int
    detail: str = Field(description="What is wrong and how to mend it.")
    code: str = Field(description="Stable, such as `username_taken`.")
    instance: str = Field("", description="Of an internal error: find it in the server's log by this.")
    errors: list[FieldError] = Field([], description=f"The bad fields, the first {MOST_ERRORS} of them.")
    details: dict[str, Any] = Field({}, description="For administrators, at `/readyz`: the same as when all is well.")


FRAMEWORK = {  # the errors that Flask and waitress themselves answer, by status
    404: ("not_found", "There is nothing at this address: /docs shows what there is."),
    405: ("method_not_allowed", "This address does not take this method: see the Allow header."),
    413: (
        "body_too_large",
        (
            f"The body is too large: a file has {MOST_OF_A_FILE >> 20} MiB at most, "
            f"one with links {MOST_BYTES >> 20} MiB, any other {SMALL_BODY >> 10} KiB."
        ),
    ),
    429: ("too_many_requests", "Too many large bodies come from your address at once: send it again later."),
    431: ("headers_too_large", "The request's headers are too large."),
    503: ("busy", "Too many large bodies come from everywhere at once: send it again later."),
}

FIXES = {  # by pydantic's type of error, where its own message does not name the fix
    "extra_forbidden": "This field is not known: leave it out.",
    "missing": "This field is missing.",
    "string_unicode": "This text holds half a character (a lone surrogate).",
}


def framework_problem(status: int) -> bytes:
    code, detail = FRAMEWORK.get(status, ("bad_request" if status < 500 else "internal", HTTPStatus(status).phrase))
    return problem(status, code, detail)


def problem(status: int, code: str, detail: str, **members: Any) -> bytes:
    """Write the body of an error; `members` are further ones of `Problem`."""
    shape = Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        **members,
    )
    return json.dumps(shape.model_dump(exclude_defaults=True)).encode()


def invalid(error: ValidationError, kind: type[ApiError]) -> ApiError:
    """Name each bad field and the fix. The value that was sent is not repeated, because it may be a password."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    listed = found[:MOST_ERRORS]
    errors = [FieldError(field=_field(each["loc"]), message=_fix(each["type"], each["msg"])) for each in listed]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return kind(f"{errors[0].field or 'the body'}: {errors[0].message}{more}", errors)


def _field(location: Iterable[int | str]) -> str:
    name = ".".join(str(part) for part in location)
    return name[:LONGEST_NAME].encode("utf-8", "backslashreplace").decode()


def _fix(kind: str, message: str) -> str:
    return FIXES.get(kind) or message.removeprefix("Value error, ")


def install(app: Flask) -> None:
    """Answer every error of the app as a problem."""
    app.register_error_handler(ApiError, answer)
    app.register_error_handler(HTTPException, framework)
    for trouble in (PoolTimeout, DBAPIError):
        app.register_error_handler(trouble, _database_or_us)
    app.register_error_handler(Exception, internal)


def answer(error: ApiError) -> Response:
    details = error.details.model_dump() if error.details else {}
    body = problem(error.status, error.code, error.detail, errors=error.errors, details=details)
    return Response(body, error.status, error.headers, mimetype=MEDIA_TYPE)


def framework(error: HTTPException) -> Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    headers = [(name, value) for name, value in error.get_headers() if name.lower() != "content-type"]
    return Response(framework_problem(status), status, headers, mimetype=MEDIA_TYPE)


def of_database(error: Exception) -> ApiError | None:
    """Return the answer to a database in trouble, which is logged. None: our statement was wrong."""
    if isinstance(error, DBAPIError) and not isinstance(error, OperationalError | InternalError):
        return _trouble(error) if database.is_damaged(error) or error.connection_invalidated else None
    return _trouble(error) if isinstance(error, DBAPIError | PoolTimeout) else None


def _trouble(error: Exception) -> ApiError:
    log.error("the database failed", error=str(error).partition("\n")[0])
    if database.is_damaged(error):
        return DatabaseUnavailable("The database is damaged: nothing was stored, an operator is needed.")
    if database.is_full(error):
        return StorageFull(NO_ROOM_TO_DELETE if request.method == "DELETE" else NO_ROOM)
    return DatabaseUnavailable("The database does not answer just now: nothing was stored, send it again.")


def _database_or_us(error: Exception) -> Response:
    trouble = of_database(error)
    return answer(trouble) if trouble else internal(error)


def internal(error: Exception) -> Response:
    detail = "This is our fault: the server's log says more under this instance."
    body = problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail, instance=record(error))
    return Response(body, HTTPStatus.INTERNAL_SERVER_ERROR, mimetype=MEDIA_TYPE)


def record(error: Exception) -> str:
    """Log an error of ours and return the id under which the log has it. The values of variables are left out, which
    structlog would print: a password may be among them.
    """
    instance = uuid4().urn
    log.error("internal error", instance=instance, stack="".join(format_exception(error)))
    return instance
