"""The operator's commands: `flask --app control.app users …` and `… rescue`."""

from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext
from pydantic import ValidationError
from sqlalchemy import select, update

from control.db import db
from control.errors import ApiError, InvalidBody, invalid
from control.logins import end
from control.passwords import hashed
from control.scheduler.diagnosis import Diagnosis, diagnose
from control.scheduler.rescue import rescue
from control.users import NewUser, insert
from control.wording import moment
from crawler.database import writing
from crawler.models import Login, User, UserState

COLUMNS = ("run", "batch", "state", "age", "lease", "links", "sent", "what is done and why")

users = AppGroup("users", help="Make users, let them in or not, and say who may see what operators see.")


def install(app: Flask) -> None:
    app.cli.add_command(users)
    app.cli.add_command(rescue_command)


@users.command()
@click.argument("name")
@click.password_option(help="Asked for where it is not given; better so, for commands are listed for all to see.")
def add(name: str, password: str) -> None:
    """Make a user, also where REGISTRATION is closed."""
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
    """Let a user in no more: from now on none of their tokens is good. What is theirs stays."""
    _set(name, state=UserState.DISABLED)
    click.echo(f"{name} is disabled.")


@users.command()
@click.argument("name")
def enable(name: str) -> None:
    """Let a disabled user in again; tokens of scripts are good again, logins are not."""
    _set(name, state=UserState.ACTIVE)
    click.echo(f"{name} can log in.")


@users.command()
@click.argument("name")
def promote(name: str) -> None:
    """Make a user an administrator."""
    _set(name, admin=True)
    click.echo(f"{name} is an administrator.")


@users.command()
@click.argument("name")
def demote(name: str) -> None:
    """Make an administrator a plain user."""
    _set(name, admin=False)
    click.echo(f"{name} is no administrator.")


@users.command("list")
def list_users() -> None:
    """List all users."""
    with db.engine.connect() as connection:
        columns = (User.username, User.admin, User.state, User.created_at)
        rows = connection.execute(select(*columns).order_by(User.username)).all()
    listed = [(name, "yes" if admin else "no", state, str(moment(since))) for name, admin, state, since in rows]
    _print(("name", "administrator", "state", "since"), *listed)


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


def _set(name: str, **values: Any) -> None:
    there = update(User).where(User.username == name, User.state != UserState.LEAVING)
    with writing(db.engine) as connection:
        user_id = connection.execute(there.values(**values).returning(User.id)).scalar()
        if user_id is None:
            raise click.ClickException(f"There is no user {name!r}.")
        if values.get("state") == UserState.DISABLED:
            end(connection, Login.user_id == user_id)


def _print(*rows: tuple[str, ...]) -> None:
    """Print aligned lines, of whatever width: an id that is cut is of no use."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
