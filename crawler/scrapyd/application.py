"""scrapyd's application, which nobody may use without the password: whoever can post to it runs code as its user."""

import os
import sys
from importlib import import_module
from typing import Any, cast
from urllib.parse import urlsplit

from scrapyd import app
from scrapyd.config import Config
from scrapyd.interfaces import IEnvironment
from twisted.application.internet import TCPServer, UNIXServer
from twisted.application.service import IServiceCollection, MultiService
from twisted.internet import reactor

from crawler import platforms
from crawler.process import environment, steady_time  # reads .env too, for a scrapyd that is started by hand
from crawler.process.environment import is_plain
from crawler.process.loopback import is_loopback
from crawler.scrapyd.gate import Gate, guard
from crawler.scrapyd.jobfiles import JobFiles
from crawler.scrapyd.options import option
from crawler.scrapyd.visitors import Visitors
from crawler.store.database import database_url

SHORTEST_BEYOND_LOOPBACK = 32  # scrapyd lets one guess as fast as one can
LOCAL = ("localhost", "127.0.0.1", "::1")


def application(config: Config) -> MultiService:
    """Build scrapyd's application, or say in one line why not and exit. Only its user may read what it writes."""
    if problem := _problem(config):
        sys.exit(f"scrapyd cannot start: {problem}")
    os.umask(0o077)
    steady_time.install(reactor)
    built: Any = app.application(config)
    built.setComponent(IEnvironment, JobFiles(config))
    for service in IServiceCollection(built).services:
        if isinstance(service, TCPServer | UNIXServer):
            where, site = service.args
            guard(site, _gate(config))
            service.args = (where, Visitors(site))
    return cast("MultiService", built)


def _problem(config: Config) -> str:
    username, password = option(config, "username"), option(config, "password")
    if not (username and password):
        return "SCRAPYD_USERNAME and SCRAPYD_PASSWORD must be set, in .env for one; `make run` sets them by itself"
    if ":" in username or not (is_plain(username) and is_plain(password)):
        return "SCRAPYD_USERNAME and SCRAPYD_PASSWORD must be of printable ASCII characters, the name without a colon"
    where = option(config, "bind_address")  # scrapyd opens no port if this is empty
    if len(password) < SHORTEST_BEYOND_LOOPBACK and where and not is_loopback(where):
        return f"SCRAPYD_PASSWORD must be {SHORTEST_BEYOND_LOOPBACK} characters or longer where others reach its port"
    return _of_settings()


def _of_settings() -> str:
    """Read the settings that the launcher and the spiders will read. A wrong one would end each of their processes."""
    try:
        import_module("crawler.settings")  # importing Scrapy's settings reads them
        environment.number("MAX_RUNS", 1, 1000)
        database_url()
        for platform in platforms.known().values():
            platform.access(os.environ)
    except ValueError as error:
        return str(error)
    return ""


def _gate(config: Config) -> Gate:
    """Build the gate. Callers use this machine's own names, where it listens, `NODE_URL`, or one of `SCRAPYD_URLS`."""
    nodes = [_host(os.environ.get("NODE_URL", "")), *map(_host, os.environ.get("SCRAPYD_URLS", "").split(","))]
    names = {name.lower() for name in (*LOCAL, option(config, "bind_address"), *nodes) if name}
    return Gate(frozenset(names), option(config, "username").encode(), option(config, "password").encode())


def _host(url: str) -> str:
    try:
        return urlsplit(url.strip()).hostname or ""
    except ValueError:  # no scheduler starts with such an address
        return ""
