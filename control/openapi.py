"""Routes, validation and the OpenAPI document from one declaration."""

from collections.abc import Callable
from typing import Any

from flask import request
from flask_openapi3 import APIBlueprint, Info, OpenAPI
from pydantic import BaseModel, ConfigDict
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from control import errors
from control.errors import BodyTooLarge, NotJson, Problem, WrongContentType

LARGEST_BODY = 16 * 1024 * 1024
SCHEMES = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
PROBLEM = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
WITH_BODY = {"400": "No JSON", "413": "Body too large", "415": "Not application/json", "422": "A field is wrong"}


class Body(BaseModel):
    """A request's body that says nothing we do not know."""

    model_config = ConfigDict(extra="forbid")


class Api(OpenAPI):
    """Flask with OpenAPI; every refusal is documented as the problem that it is."""

    def __init__(self, name: str, version: str) -> None:
        super().__init__(
            name,
            info=Info(title="views-stats", version=version),
            security_schemes=SCHEMES,  # type: ignore[arg-type] # a dict will do
            validation_error_model=Problem,
            validation_error_callback=errors.invalid,
            doc_ui=False,
        )
        self.url_map.strict_slashes = False
        self.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY

    def generate_spec_json(self) -> None:
        super().generate_spec_json()
        for path, operations in self.spec_json["paths"].items():
            for operation in operations.values():
                _document_problems(path, operation)


def _document_problems(path: str, operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    if not operation.get("requestBody") and not operation.get("parameters"):
        del answers["422"]
    answers |= {status: {"description": text} for status, text in _refusals(path, operation).items()}
    for status in answers:
        if status.startswith("4"):
            answers[status] = {"description": answers[status]["description"], **PROBLEM}


def _refusals(path: str, operation: dict[str, Any]) -> dict[str, str]:
    refusals = {"401": "No valid token"} if operation.get("security") else {}
    if operation.get("requestBody"):
        refusals |= WITH_BODY
    if "{" in path:
        refusals["404"] = "Nothing of yours has this id"
    return refusals


def resource(name: str, guard: Callable[[], None] | None = None) -> APIBlueprint:
    """Make a blueprint of JSON routes. The guard comes first: whom it refuses learns nothing about the body."""
    blueprint = APIBlueprint(name, name, abp_security=[{"bearer": []}] if guard else [])
    if guard:
        blueprint.before_request(guard)
    blueprint.before_request(require_json)
    return blueprint


def require_json() -> None:
    """Refuse a body that is no JSON before anything tries to read fields out of it."""
    if request.method != "POST":
        return
    if request.mimetype != "application/json":
        raise WrongContentType("Send JSON, with the header Content-Type: application/json.")
    try:
        body = request.get_json()
    except RequestEntityTooLarge:
        raise BodyTooLarge(f"A body may have {LARGEST_BODY} bytes: send the links in several batches.") from None
    except (BadRequest, RecursionError):
        raise NotJson("The body is no valid JSON.") from None
    if isinstance(body, str):
        raise NotJson("The body must be a JSON object, not a string.")
