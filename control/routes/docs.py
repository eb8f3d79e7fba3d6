"""`/docs`: Swagger UI from this machine, and the document it shows."""

from pathlib import Path

import flask_openapi3_swagger  # type: ignore[import-untyped]
from flask import Blueprint, Flask, Response, current_app, jsonify, render_template, request

from control.web.rate_limits import by_address

UI = Path(flask_openapi3_swagger.__path__[0]) / "templates" / "swagger"

docs = Blueprint("docs", __name__)
swagger = Blueprint("swagger", __name__, static_folder=UI, static_url_path="/docs/swagger")
docs.before_request(by_address)  # the document is long, so requests for it are limited too
swagger.before_request(by_address)


@docs.get("/docs")
def page() -> str:
    return render_template("docs.html")


@docs.get("/openapi.json")
def document() -> Response:
    return jsonify(current_app.api_doc)  # type: ignore[attr-defined]


def install(app: Flask) -> None:
    app.register_blueprint(docs)
    app.register_blueprint(swagger)
    app.before_request(_limit_static)


def _limit_static() -> None:
    if request.endpoint == "static":
        by_address()
