"""The one place where the parts of the control API are put together."""

from control import (
    auth,
    batches,
    bg_tasks,
    commands,
    db,
    docs,
    errors,
    get_views,
    headers,
    healthz,
    hosts,
    limits,
    links,
    logs,
    me,
    metrics,
    readyz,
    tokens,
    usage,
    users,
    verbs,
)
from control.openapi import Api
from control.settings import SETTINGS, Settings

MOST_BYTES = 16 * 1024 * 1024  # of a body


def create_app(settings: Settings | None = None) -> Api:
    """Raises ValueError, a line for each, where settings are bad."""
    logs.configure()
    settings = settings or Settings()
    app = Api("control")
    app.json.sort_keys = False  # type: ignore[attr-defined] # of the provider that Flask comes with
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    app.config[SETTINGS] = settings
    commands.install(app)
    db.connect(app)
    errors.install(app)
    auth.install(app, settings)
    hosts.install(app, settings)
    limits.install(app, settings)
    headers.install(app)
    docs.install(app)
    readyz.install(app, settings)
    metrics.install(app)
    for resource in (
        users.api,
        users.refreshing,
        users.leaving,
        me.api,
        usage.api,
        tokens.api,
        get_views.blueprint(),
        bg_tasks.api,
        batches.api,
        links.api,
        verbs.cancelling,
        verbs.retrying,
        healthz.api,
        readyz.api,
        metrics.api,
    ):
        app.register_api(resource)
    return app
