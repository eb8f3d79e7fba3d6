"""Puts the parts of the control API together. Nothing else does."""

from flask_openapi3.blueprint import APIBlueprint

from control import commands, logs
from control.pages import site
from control.routes import (
    batch_actions,
    batch_links,
    batches,
    campaigns,
    docs,
    events,
    exports,
    get_bg_tasks,
    get_views,
    healthz,
    imports,
    me,
    metrics,
    missed,
    month_actions,
    month_forms,
    months,
    placements,
    posts,
    price,
    readyz,
    servez,
    tokens,
    usage,
    users,
)
from control.settings import SETTINGS, Settings
from control.web import (
    auth,
    cached_readiness,
    database_probe,
    engine,
    open_streams,
    open_submissions,
    problems,
    rate_limits,
    refused_bodies,
    security_headers,
    trusted_hosts,
    uploads,
)
from control.web.body_sizes import MOST_BYTES
from control.web.openapi import Api


def create_app(settings: Settings | None = None) -> Api:
    """Make the app. Raises ValueError with a line for each bad setting."""
    logs.configure()
    settings = settings or Settings()
    app = Api("control")
    app.json.sort_keys = False  # type: ignore[attr-defined] # of the provider that Flask comes with
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    app.config[SETTINGS] = settings
    commands.install(app)
    engine.connect(app)
    problems.install(app)
    auth.install(app, settings)
    trusted_hosts.install(app, settings)
    rate_limits.install(app, settings)
    refused_bodies.install(app)
    open_streams.install(app)
    open_submissions.install(app)
    security_headers.install(app)
    docs.install(app)
    cached_readiness.install(app, settings)
    database_probe.install(app)
    metrics.install(app)
    site.install(app)
    uploads.install(app)
    for resource in _resources():
        app.register_api(resource)
    return app


def _resources() -> tuple[APIBlueprint, ...]:
    return (
        users.registering,
        users.entering,
        users.refreshing,
        users.leaving,
        me.api,
        usage.api,
        tokens.api,
        get_views.blueprint(),
        get_bg_tasks.api,
        batches.api,
        batch_links.api,
        posts.api,
        batch_actions.cancelling,
        batch_actions.retrying,
        campaigns.api,
        placements.api,
        price.api,
        events.api,
        months.api,
        missed.api,
        month_actions.closing,
        month_actions.reopening,
        month_forms.api,
        imports.uploads,
        imports.acceptances,
        exports.api,
        healthz.api,
        readyz.api,
        servez.api,
        metrics.api,
    )
