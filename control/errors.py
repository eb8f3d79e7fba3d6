"""The errors that a client may get, each with its status and its stable `code`."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, Field

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="views-stats"'}


class FieldError(BaseModel):
    model_config = ConfigDict(extra="forbid")

    field: str = Field(description="Where in the request, such as `links.3`; empty: the whole of it.")
    message: str


class ApiError(Exception):
    """An error that is answered to the client."""

    status = HTTPStatus.BAD_REQUEST
    code = "bad_request"
    headers: Mapping[str, str] = {}

    def __init__(self, detail: str, errors: Iterable[FieldError] = (), details: BaseModel | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        self.details = details


class FileTooLarge(ApiError):
    status, code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large"


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


class ForeignForm(ApiError):
    status, code = HTTPStatus.FORBIDDEN, "foreign_form"


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


class TooManyRows(ApiError):
    status, code = HTTPStatus.CONFLICT, "too_many_rows"


class TooManyExports(ApiError):
    status, code = HTTPStatus.CONFLICT, "too_many_exports"


class ExportNotReady(ApiError):
    status, code = HTTPStatus.CONFLICT, "export_not_ready"


class Later(ApiError):
    """Too much at present. The client may ask again after `seconds`."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, detail: str, seconds: int) -> None:
        super().__init__(detail)
        self.headers = {"Retry-After": str(seconds)}


class TooManyRequests(Later):
    code = "too_many_requests"


class QuotaExceeded(Later):
    code = "quota_exceeded"


class KeepsTooMuch(ApiError):
    status, code = HTTPStatus.CONFLICT, "keeps_too_much"


class FollowsTooMuch(ApiError):
    status, code = HTTPStatus.CONFLICT, "follows_too_much"


class MonthUnfinished(ApiError):
    status, code = HTTPStatus.CONFLICT, "month_unfinished"


class MonthMeasured(ApiError):
    status, code = HTTPStatus.CONFLICT, "month_measured"


class MonthNotClosed(ApiError):
    status, code = HTTPStatus.CONFLICT, "month_not_closed"


class MonthChanged(ApiError):
    status, code = HTTPStatus.CONFLICT, "month_changed"


class LaterMonthClosed(ApiError):
    status, code = HTTPStatus.CONFLICT, "later_month_closed"


class Busy(Later):
    status, code = HTTPStatus.SERVICE_UNAVAILABLE, "busy"


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


class UnreadableFile(ApiError):
    status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "unreadable_file"

    def __init__(self, detail: str, reason: str = "", about: str | int = "") -> None:
        """`reason` and `about` are the code of the refusal and what its sentence names."""
        super().__init__(detail, [FieldError(field="file", message=detail)])
        self.reason, self.about = reason, about


class NotReady(ApiError):
    status, code = HTTPStatus.SERVICE_UNAVAILABLE, "not_ready"


class DatabaseUnavailable(ApiError):
    status, code, headers = HTTPStatus.SERVICE_UNAVAILABLE, "database_unavailable", {"Retry-After": "5"}


class StorageFull(ApiError):
    status, code, headers = HTTPStatus.INSUFFICIENT_STORAGE, "storage_full", {"Retry-After": "60"}
