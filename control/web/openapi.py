"""flask-openapi3 with its known gaps closed. Only this file knows how the library works."""

from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from typing import Any, Literal, NoReturn

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.info import Info
from flask_openapi3.models.security_scheme import SecurityScheme
from flask_openapi3.models.tag import Tag
from flask_openapi3.openapi import OpenAPI
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.exceptions import BadRequest, HTTPException

from control.errors import CompressedBody, InvalidBody, InvalidQuery, NotJson, WrongMediaType
from control.web.body_sizes import FILE_BODY, SMALL_BODY
from control.web.json_body import StrictJson
from control.web.problems import MEDIA_TYPE, Problem, invalid
from crawler.process.environment import VERSION

INFO = Info(
    title="views-stats",
    version=VERSION,
    description="Post links, read how often what they point to was viewed.",
)
BEARER = SecurityScheme(type="http", scheme="bearer", bearerFormat="JWT")
REFERENCE = "#/components/schemas/"
ACCOUNTS = Tag(name="Accounts", description="Users, logins, and tokens for scripts.")
POSTS = Tag(name="Posts", description="How a post's numbers grew, and what they were at a moment.")
BATCHES = Tag(name="Batches", description="Hand links in, follow them, and read their numbers.")
CAMPAIGNS = Tag(name="Campaigns", description="Follow posts, and have them measured when it counts.")
ORIGINAL = Tag(name="Original routes", description="Hand links in and read them all, without batches.")
OPERATIONS = Tag(name="Operations", description="Whether all is well, for those who run the system.")
OPEN: dict[str, list[str]] = {}  # in a list of ways to authenticate: no authentication
EITHER: list[dict[str, list[str]]] = [OPEN, {"bearer": []}]  # no token is needed; an administrator's tells more
WITH_BODY = {"POST", "PUT", "PATCH"}
WRITING = WITH_BODY | {"DELETE"}


class Shape(BaseModel):
    """A body or an answer. It may have no other fields than those it declares."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def model_json_schema(cls, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Make the schema of a query once: the library asks for it at each request, always without arguments."""
        return super().model_json_schema(*arguments, **options) if arguments or options else _plain_schema(cls)


@cache
def _plain_schema(shape: type[Shape]) -> dict[str, Any]:
    return super(Shape, shape).model_json_schema()


class Api(OpenAPI):
    """The app. `control.routes.docs` serves its document, because the library's own pages need inline scripts, which
    our headers forbid.
    """

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

    def make_response(self, rv: Any) -> Response:
        """Turn what a view returns into the answer. Only here a `Shape` becomes JSON."""
        body, *rest = rv if isinstance(rv, tuple) else (rv,)
        if isinstance(body, Shape):
            body = Response(body.model_dump_json(by_alias=True) + "\n", mimetype="application/json")
        return super().make_response((body, *rest) if rest else body)

    def most_bytes(self, method: str, path: str) -> int:
        """How many bytes a body that is sent to this route may have."""
        try:
            endpoint, _ = self.url_map.bind("").match(path, method)
        except HTTPException:
            return SMALL_BODY
        blueprint = self.blueprints.get(endpoint.rpartition(".")[0])
        if method in WITH_BODY and getattr(blueprint, "takes_files", False):
            return FILE_BODY
        takes_links = method == "POST" and getattr(blueprint, "takes_links", False)
        return int(self.config["MAX_CONTENT_LENGTH"]) if takes_links else SMALL_BODY

    def generate_spec_json(self) -> None:
        super().generate_spec_json()
        document = self.spec_json
        document["components"]["schemas"] = _schemas(document["components"]["schemas"])
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                _describe_errors(path, method.upper(), operation)


class Resource(APIBlueprint):
    takes_links = False
    takes_files = False


def resource(  # noqa: PLR0913 - callers pass each by name
    name: str,
    subject: Tag,
    *guards: Callable[[], None],
    public: bool = False,
    body: Literal["wanted", "optional", "none"] = "wanted",
    takes_links: bool = False,
    takes_files: bool = False,
) -> Resource:
    """Make the blueprint of a resource. The guards run before anything is validated, so that 401 comes before 422.

    A body has at most SMALL_BODY bytes. POSTs of links may have what the app allows, and files FILE_BODY.
    """
    security: list[dict[str, list[str]]] = [] if public else [{"bearer": []}]
    blueprint = Resource(
        name, name, abp_tags=[subject], abp_security=security, operation_id_callback=_named_as_its_function
    )
    blueprint.takes_links, blueprint.takes_files = takes_links, takes_files
    sizes = (_only_file,) if takes_files else (_only_posts_large,) if takes_links else (_only_small,)
    for guard in (*sizes, *guards, *BODIES[body]):
        blueprint.before_request(guard)
    return blueprint


def _named_as_its_function(*, name: str, path: str, method: str) -> str:  # noqa: ARG001 - the library's signature
    """Name an operation. Generators of clients name their functions by it."""
    return name


def _only_small() -> None:
    request.max_content_length = SMALL_BODY


def _only_posts_large() -> None:
    if request.method != "POST":
        request.max_content_length = SMALL_BODY


def _only_file() -> None:
    request.max_content_length = FILE_BODY


def check_body() -> None:
    if request.content_length:
        require_body()


def require_body() -> None:
    """Refuse a body that is not a JSON object: the library ignores broken JSON, and decodes a JSON string twice."""
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
    """Describe every possible error answer. All have the same shape."""
    responses = operation["responses"]
    statuses = {int(status) for status in responses if status >= "4"} - {422} | {400, 429, 500, 503}
    statuses |= {507} if method in WRITING else set()
    if operation.get("security") and OPEN not in operation["security"]:
        statuses |= {401, 403} if method in WRITING else {401}
    statuses |= {404} if "{" in path else set()
    statuses |= {413, 415, 422} if operation.get("requestBody") else set()
    statuses |= {422} if any(map(_may_be_invalid, operation.get("parameters", []))) else set()
    kept = {status: response for status, response in responses.items() if status < "4"}
    operation["responses"] = kept | {str(status): _error(status) for status in sorted(statuses)}


def _may_be_invalid(parameter: dict[str, Any]) -> bool:
    """Whether a value of it can be refused; ids in a path are texts of any form, and a wrong one is not found."""
    schema = parameter["schema"]
    return parameter["in"] in {"query", "header"} or schema.get("type") == "integer" or "pattern" in schema


def _error(status: int) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": f"{REFERENCE}Problem"}}}
    return {"description": HTTPStatus(status).phrase, "content": content}
