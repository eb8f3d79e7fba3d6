"""The spare's side of a warm start: everything that a crawl needs is loaded before the crawl is known."""

import gc
import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from scrapy.settings import BaseSettings
from scrapy.spiderloader import get_spider_loader
from scrapy.utils.misc import load_object, walk_modules_iter
from scrapy.utils.project import get_project_settings
from scrapy.utils.reactor import install_reactor
from sqlalchemy.orm import configure_mappers

from crawler import platforms

NEWS = 3  # file descriptor: standard output belongs to the job
READY = b"r"
TAKEN = b"t"
OURS = ("crawler.", "scrapy.")
NAME = Path("/proc/self/comm")  # what `ps` and `top` show; https://man7.org/linux/man-pages/man5/proc_pid_comm.5.html


def wait(hear: Callable[[], bytes]) -> list[str]:
    """Get ready, say so, and return the arguments of the job that comes: one line of JSON."""
    load(get_project_settings())
    name("spare")
    os.write(NEWS, READY)
    line = b""
    while not line.endswith(b"\n"):
        line += hear()
    name("spider")
    os.write(NEWS, TAKEN)
    os.close(NEWS)
    arguments: list[str] = json.loads(line)
    return arguments


def load(settings: BaseSettings) -> None:
    """Import what a crawl would. The reactor comes first: whoever imports it unasked gets another one."""
    install_reactor(settings["TWISTED_REACTOR"], settings["ASYNCIO_EVENT_LOOP"])
    get_spider_loader(settings)
    for package in ("scrapy.commands", settings["COMMANDS_MODULE"]):
        list(walk_modules_iter(package))
    for path in parts(settings):
        load_object(path)
    platforms.known()
    configure_mappers()
    gc.freeze()  # else all this is searched for garbage when the job has come: 50 ms


def parts(settings: BaseSettings) -> Iterator[str]:
    """Name the classes that the settings speak of, ours and Scrapy's."""
    for value in settings.values():
        words = [*value.keys(), *value.values()] if isinstance(value, BaseSettings) else [value]
        yield from (word for word in words if isinstance(word, str) and word.startswith(OURS))


def name(text: str) -> None:
    """Be told apart: a spare and a spider have the same command line."""
    with suppress(OSError):
        NAME.write_text(text)
