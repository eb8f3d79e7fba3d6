"""Our own parts: files, database, scrapyd nodes."""

import os
from collections.abc import Iterable

from requests.exceptions import RequestException
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from control.doctor.findings import DATABASE, NODES, SETTINGS, Report
from control.nodes.client import Scrapyd, ScrapydError
from control.supervision import schema
from control.supervision.start_checks import exposed
from crawler.process.environment import PROJECT, VAR
from crawler.store.database import reading


def look_at_files(report: Report) -> None:
    writable = os.access(VAR if VAR.exists() else VAR.parent, os.W_OK)
    says = "can be written to" if writable else "cannot be written to"
    report.add(SETTINGS, str(VAR), writable, says, "" if writable else f"Let this user write to {VAR}.")
    for problem in exposed():
        report.add(SETTINGS, ".env", ok=None, says=problem)
    report.add(SETTINGS, "all", ok=True, says="can be used")


def look_at_database(report: Report, engine: Engine) -> bool:
    """Report on the database, and return whether it can be used."""
    name = engine.url.render_as_string(hide_password=True)
    try:
        with reading(engine) as connection:
            there = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", error)).partition("\n")[0]
        report.add(DATABASE, name, ok=False, says=why, mend="Start the system once, or mend SQLALCHEMY_DATABASE_URL.")
        return False
    head = schema.newest()
    usable = there == head or schema.is_newer(there)
    mend = "" if usable else "Start the system: it brings the schema up to date."
    report.add(DATABASE, name, usable, f"answers, its schema is {there} of {head}", mend)
    return usable


def look_at_nodes(report: Report, nodes: Iterable[Scrapyd]) -> None:
    for node in nodes:
        ok, says, mend = _node(node)
        report.add(NODES, node.url, ok, says, mend)


def _node(node: Scrapyd) -> tuple[bool, str, str]:
    try:
        projects = node.projects()
        spiders = node.spiders(PROJECT) if PROJECT in projects else []
    except (ScrapydError, RequestException, KeyError) as error:
        return False, str(error), "Start the system, or mend SCRAPYD_URLS, SCRAPYD_USERNAME and SCRAPYD_PASSWORD."
    if not spiders:
        return False, "answers, and does not have our project", "Start this scrapyd from a checkout of views-stats."
    return True, f"answers, takes the password, and has {', '.join(sorted(spiders))}", ""
