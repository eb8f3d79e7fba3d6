"""Who may come to scrapyd: nobody without a password. Whoever can post to it can run code as its user."""

import os
import sys
from ipaddress import ip_address

from scrapyd import app
from scrapyd.config import Config
from twisted.application.service import MultiService

from crawler import environment  # noqa: F401 - reads .env, for a scrapyd that is started by hand

SHORTEST_BEYOND_LOOPBACK = 32  # scrapyd lets one guess as fast as one can


def application(config: Config) -> MultiService:
    """Build scrapyd's application, or say in one line why not and end. What it and its spiders write is its user's."""
    if problem := _problem(config):
        sys.exit(f"scrapyd cannot start: {problem}")
    os.umask(0o077)
    built: MultiService = app.application(config)
    return built


def _problem(config: Config) -> str:
    username, password = _given(config, "username"), _given(config, "password")
    if not (username and password):
        return "SCRAPYD_USERNAME and SCRAPYD_PASSWORD must be set, in .env for one; `make run` sets them by itself"
    if len(password) < SHORTEST_BEYOND_LOOPBACK and not _is_loopback(_given(config, "bind_address")):
        return f"SCRAPYD_PASSWORD must be {SHORTEST_BEYOND_LOOPBACK} characters or longer where others reach its port"
    return ""


def _given(config: Config, name: str) -> str:
    """Read a setting as scrapyd does."""
    return os.environ.get(f"SCRAPYD_{name.upper()}") or str(config.get(name, ""))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in {"", "localhost"}
