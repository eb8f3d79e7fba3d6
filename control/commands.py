"""The operator's commands: `flask --app control.app users …` and `… rescue`."""

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import select, update

from control.db import db
from control.scheduler.diagnosis import Diagnosis, diagnose
from control.scheduler.rescue import rescue
from control.wording import moment
from crawler.models import User

COLUMNS = ("run", "batch", "state", "age", "lease", "links", "sent", "what is done and why")

users = AppGroup("users", help="Who may see what operators see.")


def install(app: Flask) -> None:
    app.cli.add_command(users)
    app.cli.add_command(rescue_command)


@users.command()
@click.argument("name")
def promote(name: str) -> None:
    """Make a user an administrator."""
    _set_admin(name, admin=True)
    click.echo(f"{name} is an administrator.")


@users.command()
@click.argument("name")
def demote(name: str) -> None:
    """Make an administrator a plain user."""
    _set_admin(name, admin=False)
    click.echo(f"{name} is no administrator.")


@users.command("list")
def list_users() -> None:
    """List all users."""
    with db.engine.connect() as connection:
        rows = connection.execute(select(User.username, User.admin, User.created_at).order_by(User.username)).all()
    listed = [(name, "yes" if admin else "no", str(moment(since))) for name, admin, since in rows]
    _print(("name", "administrator", "since"), *listed)


@click.command("rescue")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@with_appcontext
def rescue_command(*, dry_run: bool) -> None:
    """Give up runs that nobody works on any more, as the scheduler does all the time."""
    found = diagnose(db.engine)
    _print(COLUMNS, *(_row(each) for each in found))
    if not dry_run:
        click.echo(f"Runs given up: {len(rescue(db.engine))}")


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


def _set_admin(name: str, *, admin: bool) -> None:
    with db.engine.begin() as connection:
        changed = connection.execute(update(User).where(User.username == name).values(admin=admin)).rowcount
    if not changed:
        raise click.ClickException(f"There is no user {name!r}.")


def _print(*rows: tuple[str, ...]) -> None:
    """Print aligned lines, of whatever width: an id that is cut is of no use."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
