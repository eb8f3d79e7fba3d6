"""How many API processes share a PostgreSQL: each connects under a name of its own, and nobody has to write it down."""

from typing import Any

from sqlalchemy import Engine, event, text

from crawler.store.database import reading
from crawler.store.models.base import random_id
from crawler.store.postgresql_limits import has_pooler

NAME = "views-stats api "  # https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-APPLICATION-NAME
BEHIND_A_POOLER = 10  # it gives one of its connections to several processes in turn, so that some are not seen
COUNT = text(
    "SELECT count(DISTINCT application_name) FROM pg_stat_activity "
    "WHERE datname = current_database() AND starts_with(application_name, :name)"
)


def introduce(engine: Engine) -> None:
    """Let the connections that this process makes bear its name."""
    name = f"{NAME}{random_id()}"

    def give(_dialect: Any, _record: Any, _arguments: list[str], parameters: dict[str, Any]) -> None:
        parameters["application_name"] = name

    event.listen(engine, "do_connect", give)


def count(engine: Engine) -> int:
    """Return how many API processes are connected to the database, this one among them."""
    with reading(engine) as connection:
        seen = int(connection.execute(COUNT, {"name": NAME}).scalar_one())
    return max(seen, BEHIND_A_POOLER if has_pooler() else 1)
