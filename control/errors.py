"""Every error is one shape: a problem of RFC 9457 with a stable `code`. Views raise; only here it becomes an answer."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from traceback import format_exception
from typing import Any
from uuid import uuid4

import structlog
from flask import Flask, Response, json
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from crawler import database

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 20  # bad fields that one answer names
LONGEST_NAME = 100  # characters shown of a field's name, which may be anything that was sent
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="views-stats"'}


NO_DETAILS: Mapping[str, Any] = {}


class FieldError(BaseModel):
    model_config = ConfigDict(extra="forbid")

    field: str = Field(description="Where in the request, such as `links.3`; empty: the whole of it.")
    message: str


class Problem(BaseModel):
    """An error, as RFC 9457 has it. Decide by `code`: the other texts may change."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="`about:blank`: `code` tells more than a URI would.")
    title: str
    status: int
    detail: str = Field(description="What is wrong and how to mend it.")
    code: str = Field(description="Stable, such as `username_taken`.")
    instance: str = Field("", description="Of an internal error: find it in the server's log by this.")
    errors: list[FieldError] = Field([], description="The bad fields, the first 20 of them.")
    details: dict[str, Any] = Field({}, description="For administrators, at `/readyz`: the same as when all is well.")


class ApiError(Exception):
    """An error that the client is told of."""

    status = HTTPStatus.BAD_REQUEST
    code = "bad_request"
    headers: Mapping[str, str] = {}

    def __init__(self, detail: str, errors: Iterable[FieldError] = (), details: Mapping[str, Any] = NO_DETAILS) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        self.details = details


class NotJson(ApiError):
    code = "not_json"


class WrongMediaType(NotJson):
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class CompressedBody(ApiError):
    status, code, headers = HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "compressed_body", {"Accept-Encoding": "identity"}


class NotAuthenticated(ApiError):
    status, code, headers = HTTPStatus.UNAUTHORIZED, "not_authenticated", CHALLENGE


class WrongCredentials(ApiError):
    status, code, headers = HTTPStatus.UNAUTHORIZED, "wrong_credentials", CHALLENGE


class AdministratorsOnly(ApiError):
    status, code = HTTPStatus.FORBIDDEN, "administrators_only"


class RegistrationClosed(ApiError):
    status, code = HTTPStatus.FORBIDDEN, "registration_closed"


class ReadOnlyToken(ApiError):
    status, code = HTTPStatus.FORBIDDEN, "read_only_token"


class LoginRequired(ApiError):
    status, code = HTTPStatus.FORBIDDEN, "login_required"


class WrongPassword(ApiError):
    status, code = HTTPStatus.FORBIDDEN, "wrong_password"


class WrongHost(ApiError):
    code = "wrong_host"


class NotFound(ApiError):
    status, code = HTTPStatus.NOT_FOUND, "not_found"


class UsernameTaken(ApiError):
    status, code = HTTPStatus.CONFLICT, "username_taken"


class TokenNameTaken(ApiError):
    status, code = HTTPStatus.CONFLICT, "token_name_taken"


class TooManyTokens(ApiError):
    status, code = HTTPStatus.CONFLICT, "too_many_tokens"


class Later(ApiError):
    """Too much for now; `seconds` from now on it may be asked again."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, detail: str, seconds: int) -> None:
        super().__init__(detail)
        self.headers = {"Retry-After": str(seconds)}


class TooManyRequests(Later):
    code = "too_many_requests"


class QuotaExceeded(Later):
    code = "quota_exceeded"


class WeakPassword(ApiError):
    status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "weak_password"


class InvalidBody(ApiError):
    status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_body"


class InvalidQuery(ApiError):
    status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_query"


class InvalidHeader(ApiError):
    status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_header"


class IdempotencyKeyReused(ApiError):
    status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency_key_reused"


class NothingToRetry(ApiError):
    status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "nothing_to_retry"


class NoLinks(ApiError):
    status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "no_links"


class TooManyLinks(ApiError):
    status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "too_many_links"


class NotReady(ApiError):
    status, code = HTTPStatus.SERVICE_UNAVAILABLE, "not_ready"


class DatabaseUnavailable(ApiError):
    status, code, headers = HTTPStatus.SERVICE_UNAVAILABLE, "database_unavailable", {"Retry-After": "5"}


class StorageFull(ApiError):
    status, code, headers = HTTPStatus.INSUFFICIENT_STORAGE, "storage_full", {"Retry-After": "60"}


FRAMEWORK = {  # what Flask and waitress themselves refuse, by status
    404: ("not_found", "There is nothing at this address: /docs shows what there is."),
    405: ("method_not_allowed", "This address does not take this method: see the Allow header."),
    413: ("body_too_large", "The body is too large: one with links may have 16 MiB, any other 64 KiB."),
    431: ("headers_too_large", "The request's headers are too large."),
}

FIXES = {  # by pydantic's type of error, where its own message does not say it
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
    """Name each bad field and the fix. What was sent there is not repeated: it may be a password."""
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
    app.register_error_handler(HTTPException, _framework)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(PoolTimeout, _database)
    app.register_error_handler(Exception, _internal)


def answer(error: ApiError) -> Response:
    body = problem(error.status, error.code, error.detail, errors=error.errors, details=dict(error.details))
    return Response(body, error.status, error.headers, mimetype=MEDIA_TYPE)


def _framework(error: HTTPException) -> Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    headers = [(name, value) for name, value in error.get_headers() if name.lower() != "content-type"]
    return Response(framework_problem(status), status, headers, mimetype=MEDIA_TYPE)


def _database(error: Exception) -> Response:
    log.error("the database failed", error=str(error).partition("\n")[0])
    if database.is_full(error):
        return answer(StorageFull("The server's disk is full: nothing was stored, send it again later."))
    return answer(DatabaseUnavailable("The database does not answer just now: nothing was stored, send it again."))


def _internal(error: Exception) -> Response:
    """Log it without the values of variables, which structlog's own rendering shows: a password may be among them."""
    instance = uuid4().urn
    log.error("internal error", instance=instance, stack="".join(format_exception(error)))
    detail = "This is our fault: the server's log says more under this instance."
    body = problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail, instance=instance)
    return Response(body, HTTPStatus.INTERNAL_SERVER_ERROR, mimetype=MEDIA_TYPE)
