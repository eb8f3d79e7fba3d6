"""Under which host names the API answers, and pages of which origins may read its answers."""

import re

from flask import Flask, request
from flask_cors import CORS

from control.errors import WrongHost
from control.settings import Settings

EXPOSED = ("Location", "Retry-After", "RateLimit", "RateLimit-Policy")
SENT = ("Authorization", "Content-Type", "Idempotency-Key")
PORT = re.compile(r":\d+$")


def install(app: Flask, settings: Settings) -> None:
    """Check the Host of every request. Another site could let its name resolve to us, and its scripts would then read
    our answers.

    Flask's own TRUSTED_HOSTS accepts no IPv6 address.
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
