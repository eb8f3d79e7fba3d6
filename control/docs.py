"""`/docs`: Swagger UI, served from this machine."""

from pathlib import Path

import flask_openapi3_swagger
from flask import Blueprint, Response, current_app, jsonify, send_from_directory

SWAGGER = Path(flask_openapi3_swagger.__file__).parent / "templates/swagger"
OURS = Path(__file__).parent / "static"
POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>views-stats API</title>
<link rel="icon" href="/docs/static/images/swagger.svg">
<link rel="stylesheet" href="/docs/static/css/swagger-ui.css">
<div id="swagger-ui"></div>
<script src="/docs/static/js/swagger-ui-bundle.js"></script>
<script src="/docs/docs.js"></script>
</html>
"""

blueprint = Blueprint("docs", __name__, static_folder=SWAGGER, static_url_path="/docs/static")


@blueprint.get("/docs")
def docs() -> Response:
    return Response(PAGE, headers={"Content-Security-Policy": POLICY})


@blueprint.get("/docs/docs.js")
def script() -> Response:
    return send_from_directory(OURS, "docs.js")


@blueprint.get("/openapi.json")
def document() -> Response:
    return jsonify(current_app.api_doc)  # type: ignore[attr-defined] # the app is an openapi.Api
