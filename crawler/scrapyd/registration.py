"""A scrapyd says in the database that it is there, and what it is like, so that schedulers find it and place runs."""

import json
import os
from urllib.parse import urlsplit

from scrapyd.config import Config
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall, deferLater
from twisted.internet.threads import deferToThread
from twisted.logger import Logger

from crawler import platforms
from crawler.process.environment import VERSION
from crawler.process.host import host_id
from crawler.process.loopback import is_loopback
from crawler.queue import nodes
from crawler.queue.nodes import Description
from crawler.scrapyd.options import option

EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - addresses that tell nobody where we are

AGAIN_SECONDS = 1.0

log = Logger()


class Registration:
    """Writes from time to time, for as long as it runs. Without an address that others can use it writes nothing."""

    def __init__(self, engine: Engine, config: Config, slots: int) -> None:
        self.engine = engine
        url = own_url(config)
        self.node = Description(url, host_id(), slots, VERSION, json.dumps(traits(), sort_keys=True))
        self.writing = LoopingCall(self._write)
        self.told = False

    def start(self) -> None:
        if self.node.url:
            self.writing.start(nodes.EVERY_SECONDS)
        else:
            log.warn("NODE_URL is not set: schedulers find this scrapyd in SCRAPYD_URLS only")  # noqa: G010

    async def stop(self) -> None:
        if self.writing.running:
            self.writing.stop()
            await deferToThread(self._leave)

    def _write(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._until_written())

    async def _until_written(self) -> None:
        """Without a database, try again soon: as long as it is not heard the node gets no runs."""
        while self.writing.running and not await deferToThread(self._register):
            await deferLater(reactor, AGAIN_SECONDS)

    def _register(self) -> bool:
        try:
            welcome = nodes.register(self.engine, self.node)
        except SQLAlchemyError as error:
            log.warn("This node could not be registered: {why}", why=type(error).__name__)  # noqa: G010
            return False
        if not welcome and not self.told:
            log.warn("Another host has the address {url}: set NODE_URL on each", url=self.node.url)  # noqa: G010
        self.told = not welcome
        return True

    def _leave(self) -> None:
        try:
            nodes.leave(self.engine, self.node)
        except SQLAlchemyError as error:
            log.warn("This node could not say that it ends: {why}", why=type(error).__name__)  # noqa: G010


def own_url(config: Config) -> str:
    """Return the address where schedulers reach us; empty where nothing tells it.

    It is written as SCRAPYD_URLS has it, if it stands there, so that it counts as the same node.
    """
    if given := os.environ.get("NODE_URL", "").strip():
        return given.rstrip("/")
    bind, port = option(config, "bind_address"), option(config, "http_port")
    if bind in EVERYWHERE:
        return ""
    host = f"[{bind}]" if ":" in bind else bind
    listed = (_without_slots(word) for word in os.environ.get("SCRAPYD_URLS", "").split(","))
    return next((url for url in listed if _is(url, bind, port)), f"http://{host}:{port}")


def _without_slots(listed: str) -> str:
    """Return an address of SCRAPYD_URLS without `#slots=8`: who registers says for itself how many it has."""
    return listed.partition("#")[0].strip().rstrip("/")


def _is(url: str, bind: str, port: str) -> bool:
    try:
        host, listed = urlsplit(url).hostname, str(urlsplit(url).port)
    except ValueError:  # no scheduler starts with such an address
        return False
    return listed == port and (host == bind or (is_loopback(bind) and host == "localhost"))


def traits() -> dict[str, str]:
    """Return what all nodes must have alike, by the words in which a difference is told."""
    found = {}
    for name, platform in platforms.known().items():
        access = platform.access(os.environ)
        found[f"requests per second for {name}"] = f"{access.rate:g}"
        found[f"tokens for {name}"] = "some" if access.credentials else "none"
    return found
