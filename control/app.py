"""The one place where the parts of the API are put together."""

from flask import Response
from flask_openapi3 import APIBlueprint

from control import auth, batches, bg_tasks, db, docs, errors, get_views, links, openapi, settings, users

VERSION = "0.1.0"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


def create_app(given: settings.Settings | None = None) -> openapi.Api:
    chosen = given or settings.load()
    app = openapi.Api(__name__, VERSION)
    app.config["BATCH_DEADLINE"] = chosen.batch_deadline
    db.init(app)
    auth.init(app, chosen)
    errors.init(app)
    for resource in (users.blueprint, auth.blueprint, *_secured()):
        app.register_api(resource)
    app.register_blueprint(docs.blueprint)
    app.after_request(_harden)
    return app


def _secured() -> list[APIBlueprint]:
    return [get_views.create_blueprint(), bg_tasks.blueprint, batches.blueprint, links.blueprint]


def _harden(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
