"""The spare's side of a warm start: it loads everything that a crawl needs before the crawl is known."""

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
from crawler.process import memory

NEWS = 3  # a file descriptor of its own, because standard output belongs to the job
READY = b"r"
TAKEN = b"t"
OURS = ("crawler.", "scrapy.")
BY_HAND = {"FEED_EXPORTERS"}  # what writes files: no job does, and what makes sheets takes memory
NAME = Path("/proc/self/comm")  # what `ps` and `top` show; https://man7.org/linux/man-pages/man5/proc_pid_comm.5.html


def wait(hear: Callable[[], bytes]) -> list[str]:
    """Get ready, report it, and return the arguments of the job, which come as one line of JSON."""
    load(get_project_settings())
    set_process_name("spare")
    os.write(NEWS, READY)
    line = b""
    while not line.endswith(b"\n"):
        line += hear()
    set_process_name("spider")
    os.write(NEWS, TAKEN)
    os.close(NEWS)
    arguments: list[str] = json.loads(line)
    return arguments


def load(settings: BaseSettings) -> None:
    """Import what a crawl would import. The reactor comes first, because another import could install another one."""
    install_reactor(settings["TWISTED_REACTOR"], settings["ASYNCIO_EVENT_LOOP"])
    get_spider_loader(settings)
    for package in ("scrapy.commands", settings["COMMANDS_MODULE"]):
        list(walk_modules_iter(package))
    for path in class_names(settings):
        load_object(path)
    platforms.known()
    configure_mappers()
    memory.resume_collector()  # it need not search all of this when the job has come


def class_names(settings: BaseSettings) -> Iterator[str]:
    """Yield the names of the classes in the settings, ours and Scrapy's, that a job needs."""
    for value in (value for name, value in settings.items() if name not in BY_HAND):
        words = [*value.keys(), *value.values()] if isinstance(value, BaseSettings) else [value]
        yield from (word for word in words if isinstance(word, str) and word.startswith(OURS))


def set_process_name(text: str) -> None:
    """Set this process's name, because a spare and a spider have the same command line."""
    with suppress(OSError):
        NAME.write_text(text)
