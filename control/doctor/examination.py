"""The doctor's examination: it checks everything once, in the order in which the parts depend on each other."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import Engine

from control.doctor import links, system, vk
from control.doctor.findings import Report
from control.doctor.keep import keeper
from control.doctor.wire import Wire
from control.nodes.client import Scrapyd
from control.settings import Settings
from crawler import settings as crawler_settings
from crawler.platforms.vk.access import access


def examine(
    settings: Settings, engine: Engine, given: Sequence[str], keep: Path | None, tell: Callable[[str], None]
) -> Report:
    """Check everything. `tell` is called with the name of each check. Only slots of budgets are written, and answers
    into the folder `keep`.
    """
    report = Report()
    tell("files, database, scrapyd")
    system.look_at_files(report)
    usable = system.look_at_database(report, engine)
    client = (settings.scrapyd_username, settings.scrapyd_password, settings.scrapyd_ca)
    system.look_at_nodes(report, [Scrapyd(url, *client) for url in settings.listed_nodes])
    wire = Wire(access(os.environ), engine if usable else None, crawler_settings.USER_AGENT, keeper(keep))
    tell("VK's API, token by token")
    tokens = vk.look_at_tokens(report, wire)
    tell("VK's pages")
    vk.look_at_pages(report, wire)
    vk.look_at_clock(report, wire.date)
    for link in given:
        tell(link)
        report.links.append(links.look_at(wire, link, tokens))
    return report
