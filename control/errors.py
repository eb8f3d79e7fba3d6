"""What goes wrong, in one shape: problem details (https://www.rfc-editor.org/rfc/rfc9457) with a stable code."""

import json
from typing import Any

import structlog
from flask import Flask, Response
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

log = structlog.get_logger()

MOST_FIELDS = 20  # wrong fields listed in one problem
LIST_LENGTH = {"too_short": "no_links", "too_long": "too_many_links"}


class FieldProblem(BaseModel):
    field: str
    message: str


class Problem(BaseModel):
    """Why a request failed. Programs look at `code`, people read `detail`."""

    model_config = ConfigDict(extra="forbid")

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldProblem] = []


class ApiError(Exception):
    """Ends a request with a problem; the subclasses say which."""

    status = 500
    code = "internal_error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NotFound(ApiError):
    status = 404
    code = "not_found"


class UsernameTaken(ApiError):
    status = 409
    code = "username_taken"


class WrongCredentials(ApiError):
    status = 401
    code = "wrong_credentials"


class NotAuthenticated(ApiError):
    status = 401
    code = "not_authenticated"


class NotJson(ApiError):
    status = 400
    code = "not_json"


class WrongContentType(ApiError):
    status = 415
    code = "wrong_content_type"


class BodyTooLarge(ApiError):
    status = 413
    code = "body_too_large"


def response(status: int, code: str, detail: str, errors: list[FieldProblem] | None = None) -> Response:
    problem = Problem(title=HTTP_STATUS_CODES[status], status=status, detail=detail, code=code, errors=errors or [])
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    body = json.dumps(problem.model_dump(exclude_defaults=False))
    return Response(body, status, headers, content_type="application/problem+json")


def invalid(error: ValidationError) -> Response:
    """Say which fields are wrong, without repeating what was in them."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    fields = [_field(wrong) for wrong in found[:MOST_FIELDS]]
    first = found[0]
    code = LIST_LENGTH.get(first["type"], "invalid_request") if first["loc"] == ("links",) else "invalid_request"
    return response(422, code, f"{fields[0].field}: {fields[0].message}", fields)


def _field(wrong: Any) -> FieldProblem:
    name = ".".join(str(part) for part in wrong["loc"]).encode("ascii", "backslashreplace").decode()
    return FieldProblem(field=name[:100] or "body", message=wrong["msg"])


def init(app: Flask) -> None:
    app.register_error_handler(ApiError, lambda error: response(error.status, error.code, error.detail))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _http(error: HTTPException) -> Response:
    """Map what Flask itself refuses, such as an unknown route; a ready answer passes."""
    if error.response is not None:
        return error.response  # type: ignore[return-value] # ours, of `invalid`
    status = error.code or 500
    code = HTTP_STATUS_CODES[status].lower().replace(" ", "_")
    answer = response(status, code, error.description or "")
    for name, value in error.get_headers():
        if name == "Allow":
            answer.headers[name] = value
    return answer


def _unexpected(error: Exception) -> Response:
    """Log what nobody foresaw and tell nothing of it."""
    log.error("request failed", exc_info=error)
    return response(500, "internal_error", "The request failed here, not with you. The log says why.")
