"""The operator's commands: `flask --app control.app users …`, `… nodes …`, `… rescue`, `… partitions`, `… doctor`."""

import json
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from pydantic import ValidationError

from control.accounts import administration, namesakes
from control.accounts.passwords import hashed
from control.accounts.users import NewUser, insert
from control.errors import ApiError, InvalidBody
from control.nodes.fleet import members_of
from control.scheduler.diagnosis import Diagnosis, diagnose
from control.scheduler.partition_plan import NOTHING_TO_DO, plan
from control.scheduler.rescue import rescue
from control.settings import SETTINGS, Settings
from control.times import moment
from control.web.engine import db
from control.web.problems import invalid
from crawler.process.host import host_id
from crawler.queue import nodes as register
from crawler.store.database import reading
from crawler.store.models.accounts import UserState
from crawler.store.partitions.conversion import CannotPartition, convert

COLUMNS = ("run", "batch", "state", "age", "lease", "links", "sent", "what is done and why")

NODE_COLUMNS = ("node", "slots", "draining", "why it gets no runs")

users = AppGroup("users", help="Make users, let them in or not, and say who may see what operators see.")


nodes = AppGroup("nodes", help="Which scrapyds there are, and which of them get runs.")


def install(app: Flask) -> None:
    app.cli.add_command(users)
    app.cli.add_command(nodes)
    app.cli.add_command(rescue_command)
    app.cli.add_command(partitions_command)
    app.cli.add_command(doctor_command)


@users.command()
@click.argument("name")
@click.password_option(help="Asked for where it is not given; better so, for commands are listed for all to see.")
def add(name: str, password: str) -> None:
    """Make a user, even if REGISTRATION is closed."""
    try:
        who = NewUser(username=name, password=password)
        insert(db.engine, who.username, hashed(who.password, who.username))
    except ValidationError as error:
        raise click.ClickException(invalid(error, InvalidBody).detail) from None
    except ApiError as error:
        raise click.ClickException(error.detail) from None
    click.echo(f"{name} can log in.")


@users.command()
@click.argument("name")
def disable(name: str) -> None:
    """Forbid a user to log in. Their tokens stop working at once; their data stays."""
    _set_state(name, UserState.DISABLED)
    click.echo(f"{name} is disabled.")


@users.command()
@click.argument("name")
def enable(name: str) -> None:
    """Allow a disabled user to log in again. Their API tokens work again, their old logins do not."""
    _set_state(name, UserState.ACTIVE)
    click.echo(f"{name} can log in.")


@users.command()
@click.argument("name")
def promote(name: str) -> None:
    """Make a user an administrator."""
    _set_administrator(name, administrator=True)
    click.echo(f"{name} is an administrator.")


@users.command()
@click.argument("name")
def demote(name: str) -> None:
    """Make an administrator a plain user."""
    _set_administrator(name, administrator=False)
    click.echo(f"{name} is no administrator.")


@users.command()
@click.argument("name")
@click.argument("new")
def rename(name: str, new: str) -> None:
    """Give a user another name."""
    try:
        new = administration.rename(db.engine, name, new)
    except (ValueError, LookupError) as error:
        raise click.ClickException(str(error)) from None
    except ApiError as error:
        raise click.ClickException(error.detail) from None
    click.echo(f"{name} is {new} now.")


@users.command("list")
def list_users() -> None:
    """List all users."""
    listed = [
        (row.username, "yes" if row.admin else "no", row.state, moment(row.created_at))
        for row in administration.list_users(db.engine)
    ]
    _print(("name", "administrator", "state", "since"), *listed)
    for clash in namesakes.clashes(db.engine):
        click.echo(f"look here: {clash}")


@nodes.command("list")
def list_nodes() -> None:
    """List all nodes, those that stand in SCRAPYD_URLS among them."""
    settings: Settings = current_app.config[SETTINGS]
    fleet = members_of(settings.listed_nodes, host_id())
    with reading(db.engine) as connection:
        found = fleet(connection)
    _print(NODE_COLUMNS, *((n.url, str(n.slots), "yes" if n.draining else "no", n.fault) for n in found))


@nodes.command()
@click.argument("url")
def drain(url: str) -> None:
    """Let a node finish what it works on, and give it no further runs."""
    _require(register.set_draining(db.engine, url, draining=True), url)
    click.echo(f"{url} gets no further runs.")


@nodes.command()
@click.argument("url")
def undrain(url: str) -> None:
    """Give a node runs again."""
    _require(register.set_draining(db.engine, url, draining=False), url)
    click.echo(f"{url} gets runs.")


@nodes.command()
@click.argument("url")
def forget(url: str) -> None:
    """Forget a node that is gone for good. One that is at work comes back by itself."""
    _require(register.forget(db.engine, url), url)
    click.echo(f"{url} is forgotten.")


def _require(found: bool, url: str) -> None:
    if not found:
        raise click.ClickException(f"No node has registered as {url}: `flask --app control.app nodes list` lists them.")


@click.command("rescue")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@with_appcontext
def rescue_command(*, dry_run: bool) -> None:
    """Give up runs that no process works on any more, as the scheduler does all the time."""
    found = diagnose(db.engine)
    _print(COLUMNS, *(_row(each) for each in found))
    if not dry_run:
        click.echo(f"Runs given up: {len(rescue(db.engine))}")


@click.command("partitions")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@with_appcontext
def partitions_command(*, dry_run: bool) -> None:
    """Give readings a partition for each month, on PostgreSQL, while everybody works on. It can be run again."""
    if dry_run:
        for line in plan(db.engine):
            click.echo(line)
    elif db.engine.dialect.name != "postgresql":
        click.echo(NOTHING_TO_DO)
    else:
        try:
            convert(db.engine, click.echo)
        except CannotPartition as reason:
            raise click.ClickException(str(reason)) from None
        click.echo("Readings have a partition for each month.")


@click.command("doctor")
@click.argument("links", nargs=-1, metavar="[LINK …]")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="Write VK's answers into this folder.")
@click.pass_context
@with_appcontext
def doctor_command(context: click.Context, *, links: tuple[str, ...], as_json: bool, keep: Path | None) -> None:
    """Check everything once: our own parts, what VK answers to each token, VK's pages, and each LINK.

    The exit code is 0 if numbers can be had. Otherwise it is 1, and the first thing to mend is named. The requests take
    slots of the system's budgets; nothing else is written. --keep stores VK's answers for a bug report, without what
    people wrote: ids, dates, counters, flags, codes and the length of each text.
    """
    from control.doctor import examination, words  # noqa: PLC0415 - it loads Scrapy's settings, which the API does not need

    def tell(what: str) -> None:
        click.echo(f"looking at {what} …", err=True)

    settings: Settings = current_app.config[SETTINGS]
    report = examination.examine(settings, db.engine, links, keep, tell)
    click.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=1) if as_json else words.write(report))
    context.exit(0 if report.ok else 1)


def _row(run: Diagnosis) -> tuple[str, ...]:
    lease = "" if run.lease_left is None else f"{run.lease_left:.0f} s"
    return (
        run.run_id,
        run.batch_id,
        run.state,
        f"{run.age:.0f} s",
        lease,
        str(run.held),
        str(run.sent),
        run.verdict,
    )


def _set_state(name: str, state: UserState) -> None:
    try:
        administration.set_state(db.engine, name, state)
    except LookupError as error:
        raise click.ClickException(str(error)) from None


def _set_administrator(name: str, *, administrator: bool) -> None:
    try:
        administration.set_administrator(db.engine, name, administrator=administrator)
    except LookupError as error:
        raise click.ClickException(str(error)) from None


def _print(*rows: tuple[str, ...]) -> None:
    """Print aligned columns. Lines may be long, because an id that is cut off is useless."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
