"""`/docs`: Swagger UI from this machine, and the document it shows."""

from pathlib import Path

import flask_openapi3_swagger  # type: ignore[import-untyped]
from flask import Blueprint, Flask, Response, current_app, jsonify, render_template, request

UI = Path(flask_openapi3_swagger.__path__[0]) / "templates" / "swagger"
STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
OF_DOCS = STRICT.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'").replace(
    "img-src 'self'", "img-src 'self' data:"
)

docs = Blueprint("docs", __name__)
swagger = Blueprint("swagger", __name__, static_folder=UI, static_url_path="/docs/swagger")


@docs.get("/docs")
def page() -> str:
    return render_template("docs.html")


@docs.get("/openapi.json")
def document() -> Response:
    return jsonify(current_app.api_doc)  # type: ignore[attr-defined]


def install(app: Flask) -> None:
    app.register_blueprint(docs)
    app.register_blueprint(swagger)
    app.after_request(secure)


def secure(response: Response) -> Response:
    """Let a browser do nothing with an answer but show it; Swagger UI alone sets styles and images of its own."""
    policy = OF_DOCS if request.endpoint == "docs.page" else STRICT
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    if not (request.endpoint or "").endswith("static"):
        response.headers["Cache-Control"] = "no-store"
    return response
