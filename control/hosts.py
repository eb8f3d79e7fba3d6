"""Under which names the API may be asked for, and from pages of which origins."""

import re

from flask import Flask, request
from flask_cors import CORS

from control.errors import WrongHost
from control.settings import Settings

EXPOSED = ("Location", "Retry-After", "RateLimit", "RateLimit-Policy")
SENT = ("Authorization", "Content-Type", "Idempotency-Key")
PORT = re.compile(r":\d+$")


def install(app: Flask, settings: Settings) -> None:
    """Check Host on every request: a page of another name that resolves to us could be read by its scripts.

    Flask's own TRUSTED_HOSTS takes no IPv6 address.
    """
    names = settings.hosts

    def check() -> None:
        if "Host" in request.headers and PORT.sub("", request.headers["Host"].lower()) not in names:
            raise WrongHost(
                "This server is not asked for under this name: the setting TRUSTED_HOSTS lists those it has."
            )

    app.before_request(check)
    if settings.cors_origins:
        CORS(app, origins=list(settings.cors_origins), allow_headers=SENT, expose_headers=EXPOSED, max_age=600)
