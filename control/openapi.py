"""flask-openapi3 with the gaps closed that we know of; the one place that knows the library's ways."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Literal, NoReturn

from flask import request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.info import Info
from flask_openapi3.models.security_scheme import SecurityScheme
from flask_openapi3.models.tag import Tag
from flask_openapi3.openapi import OpenAPI
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.exceptions import BadRequest

from control.errors import (
    MEDIA_TYPE,
    CompressedBody,
    InvalidBody,
    InvalidQuery,
    NotJson,
    Problem,
    WrongMediaType,
    invalid,
)
from control.json_body import StrictJson

INFO = Info(
    title="views-stats",
    version="1.0.0",
    description="Post links, read how often what they point to was viewed.",
)
BEARER = SecurityScheme(type="http", scheme="bearer", bearerFormat="JWT")
REFERENCE = "#/components/schemas/"
OPEN: dict[str, list[str]] = {}  # among the ways to authenticate: none at all
EITHER: list[dict[str, list[str]]] = [OPEN, {"bearer": []}]  # a token is not wanted, but tells more
SMALL_BODY = 64 * 1024
MOST_FIELDS = 100  # of a body; each unknown one costs memory to complain about
WITH_BODY = {"POST", "PUT", "PATCH"}
WRITING = WITH_BODY | {"DELETE"}


class Shape(BaseModel):
    """A body or answer: no fields but these."""

    model_config = ConfigDict(extra="forbid")


class Api(OpenAPI):
    """The app. `control.docs` serves its document, for the library's own pages run scripts that lie in the page."""

    json_provider_class = StrictJson

    def __init__(self, name: str) -> None:
        super().__init__(
            name,
            info=INFO,
            security_schemes={"bearer": BEARER},
            doc_ui=False,
            validation_error_callback=_refuse,
        )
        self.url_map.strict_slashes = False  # before the first rule

    def generate_spec_json(self) -> None:
        super().generate_spec_json()
        document = self.spec_json
        document["components"]["schemas"] = _schemas(document["components"]["schemas"])
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                _describe_errors(path, method.upper(), operation)


def resource(
    name: str,
    description: str,
    *guards: Callable[[], None],
    public: bool = False,
    body: Literal["wanted", "optional", "none"] = "wanted",
    takes_links: bool = False,
) -> APIBlueprint:
    """Make the blueprint of a resource. The guards run before anything is validated: 401 comes before 422.

    Bodies have 64 KiB at most, those with links what the app allows.
    """
    security: list[dict[str, list[str]]] = [] if public else [{"bearer": []}]
    blueprint = APIBlueprint(name, name, abp_tags=[Tag(name=name, description=description)], abp_security=security)
    sizes = () if takes_links else (_only_small,)
    for guard in (*sizes, *guards, *BODIES[body]):
        blueprint.before_request(guard)
    return blueprint


def _only_small() -> None:
    request.max_content_length = SMALL_BODY


def check_body() -> None:
    if request.content_length:
        require_body()


def require_body() -> None:
    """Refuse a body that is no JSON object: the library takes broken JSON for none, and decodes a string twice."""
    if request.method not in WITH_BODY:
        return
    if request.mimetype != "application/json":
        raise WrongMediaType("Send the body as JSON with the header Content-Type: application/json.")
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise CompressedBody("Send the body as it is, without Content-Encoding.")
    try:
        body = request.get_json()
    except BadRequest:
        raise NotJson("The body is not JSON that can be read.") from None
    if not isinstance(body, dict):
        raise NotJson('The body must be a JSON object, such as {"links": []}.')
    if len(body) > MOST_FIELDS:
        raise InvalidBody(f"The body has {len(body):,} fields, of which hardly any can be known.")


BODIES: dict[str, tuple[Callable[[], None], ...]] = {
    "wanted": (require_body,),
    "optional": (check_body,),
    "none": (),
}


def _refuse(error: ValidationError) -> NoReturn:
    raise invalid(error, InvalidBody if request.method in WITH_BODY else InvalidQuery)


def _schemas(schemas: dict[str, Any]) -> dict[str, Any]:
    problem = Problem.model_json_schema(ref_template=REFERENCE + "{model}")
    ours: dict[str, Any] = problem.pop("$defs") | {"Problem": problem}
    return {name: schema for name, schema in schemas.items() if name != "ValidationErrorModel"} | ours


def _describe_errors(path: str, method: str, operation: dict[str, Any]) -> None:
    """Name every error that can be answered, all of one shape."""
    responses = operation["responses"]
    statuses = {int(status) for status in responses if status >= "4"} - {422} | {400, 429, 500, 503}
    statuses |= {507} if method in WRITING else set()
    if operation.get("security") and OPEN not in operation["security"]:
        statuses |= {401, 403} if method in WRITING else {401}
    statuses |= {404} if "{" in path else set()
    statuses |= {413, 415, 422} if operation.get("requestBody") else set()
    statuses |= {422} if any(each["in"] in {"query", "header"} for each in operation.get("parameters", [])) else set()
    kept = {status: response for status, response in responses.items() if status < "4"}
    operation["responses"] = kept | {str(status): _error(status) for status in sorted(statuses)}


def _error(status: int) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": f"{REFERENCE}Problem"}}}
    return {"description": HTTPStatus(status).phrase, "content": content}
