"""How long a process waits for PostgreSQL, and PostgreSQL for a process.

A host that is cut off in the middle of a transaction leaves its locks behind. Without these limits, whoever needs one
of these locks would wait until TCP gives up, which by default takes hours.
"""

import os
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

CONNECT_SECONDS = 4  # so that a client soon gets an error if the database is unreachable
LOCK_SECONDS = 4
IDLE_SECONDS = 10  # our processes never wait for anything but the processor during a transaction
SILENT_SECONDS = 4  # after which a host whose TCP does not answer counts as gone
KEEPALIVES = {"keepalives_idle": SILENT_SECONDS, "keepalives_interval": 1, "keepalives_count": SILENT_SECONDS}
DEMOTED = "25006"  # read_only_sql_transaction: https://www.postgresql.org/docs/current/errcodes-appendix.html
OTHER_COLUMNS = "0A000"  # of a prepared statement, since a migration: "cached plan must not change result type"

OURS = {  # https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
    "connect_timeout": CONNECT_SECONDS,
    "tcp_user_timeout": 1000 * SILENT_SECONDS,
    **KEEPALIVES,
}
THEIRS = {  # https://www.postgresql.org/docs/current/runtime-config-client.html
    "lock_timeout": f"{LOCK_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    "tcp_user_timeout": f"{IDLE_SECONDS}s",
    **{f"tcp_{name}": seconds for name, seconds in KEEPALIVES.items()},
}
OPTIONS = " ".join(f"-c {name}={value}" for name, value in THEIRS.items())


def install(engine: Engine) -> None:
    """Set the limits on each connection that the engine makes. A limit in the database's address wins."""
    event.listen(engine, "do_connect", _limit)
    event.listen(engine, "handle_error", _leave_what_is_useless)


def _limit(_dialect: Any, _record: Any, _arguments: list[str], parameters: dict[str, Any]) -> None:
    for name, value in OURS.items():
        parameters.setdefault(name, value)
    if has_pooler():
        parameters["prepare_threshold"] = None
    else:
        parameters["options"] = f"{OPTIONS} {parameters.get('options', '')}".strip()


def has_pooler() -> bool:
    """Read `DATABASE_POOLER`: whether we connect through a PgBouncer, which refuses options and mixes up prepared
    statements. PgBouncer's own limits then replace the server's (https://www.pgbouncer.org/config.html).

    Raises ValueError if the setting is neither `on` nor `off`.
    """
    given = os.environ.get("DATABASE_POOLER") or "off"
    if given not in {"on", "off"}:
        raise ValueError("DATABASE_POOLER must be on or off")
    return given == "on"


def _leave_what_is_useless(context: ExceptionContext) -> None:
    """Connect anew after a primary has become a standby, because an old connection to it can never write again, and
    after a statement that a connection had prepared got other columns, because it would fail for ever.
    """
    if getattr(context.original_exception, "sqlstate", "") in {DEMOTED, OTHER_COLUMNS}:
        context.is_disconnect = True
