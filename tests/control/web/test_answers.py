"""What a view says that it returns, which mypy holds it to, is what the API's document promises."""

from inspect import unwrap
from typing import get_args, get_origin, get_type_hints

import pytest
from flask import Response
from pydantic.json_schema import GenerateJsonSchema

from control.app import create_app
from control.settings import Settings
from control.web.openapi import Shape
from tests.control.conftest import SETTINGS

STREAM = "get_bg_tasks"  # writes its JSON by hand, page after page


@pytest.fixture(scope="module")
def app():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SQLALCHEMY_DATABASE_URL", "sqlite:////nonexistent/views.db")
        return create_app(Settings(**SETTINGS))


def returned(view):
    """The names of the shapes that a view returns, alone, with a status, or where it answers no file."""
    found = get_type_hints(unwrap(view))["return"]
    body = get_args(found)[0] if get_origin(found) is tuple else found
    shapes = [each for each in (get_args(body) or [body]) if each is not Response]
    return {shape.__name__ for shape in shapes if issubclass(shape, Shape)}


def promised(operation):
    """The names of the shapes of the good answers, which differ in their status; none is of a file, of no body, or of a
    body that is another system's.
    """
    answers = [answer for status, answer in operation["responses"].items() if status < "4"]
    schemas = [answer.get("content", {}).get("application/json", {}).get("schema") for answer in answers]
    return {schema["$ref"].rpartition("/")[2] for schema in schemas if schema and "$ref" in schema}


def test_every_view_returns_the_shape_that_the_document_names(app):
    operations = {
        (path.replace("{", "<").replace("}", ">"), method.upper()): operation
        for path, methods in app.api_doc["paths"].items()
        for method, operation in methods.items()
    }
    rules = {(rule.rule, method): rule.endpoint for rule in app.url_map.iter_rules() for method in rule.methods}
    assert operations
    for address, operation in operations.items():
        if operation["operationId"] != STREAM:
            assert returned(app.view_functions[rules[address]]) == promised(operation), address


def test_the_schema_of_a_query_is_made_once_and_not_at_each_request(monkeypatch):
    class Query(Shape):
        limit: int = 1

    first = Query.model_json_schema()
    monkeypatch.setattr(GenerateJsonSchema, "generate", lambda *_: pytest.fail("made again"))
    assert Query.model_json_schema() == first
