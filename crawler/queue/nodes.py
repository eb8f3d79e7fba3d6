"""The register of nodes: each scrapyd of ours writes every few seconds that it is there, and what it is like."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, or_, select, update

from crawler.store.database import now, upsert, writing
from crawler.store.models.hosts import Node

EVERY_SECONDS = 5.0
SILENT_SECONDS = 3 * EVERY_SECONDS  # after so long a node counts as gone
IS_SILENT: ColumnElement[bool] = Node.seen_at < now() - SILENT_SECONDS
SILENT_FOR = (now() - Node.seen_at).label("silent_for")
REGISTERED = select(Node.url, Node.host, Node.slots, Node.version, Node.traits, Node.draining, SILENT_FOR).order_by(
    Node.url
)


class Description(NamedTuple):
    """What a node says of itself. `traits` is JSON of what all nodes must have alike."""

    url: str
    host: str
    slots: int
    version: str
    traits: str


def register(engine: Engine, node: Description) -> bool:
    """Write that the node is there. False: another host that is at work has this address."""
    said = {**node._asdict(), "seen_at": now()}
    with writing(engine) as connection:
        new = upsert(connection, Node).values(**said)
        ours = or_(Node.host == node.host, IS_SILENT)
        written = new.on_conflict_do_update(index_elements=[Node.url], set_=said, where=ours).returning(Node.url)
        return connection.execute(written).first() is not None


def leave(engine: Engine, node: Description) -> None:
    """Write that the node has ended, so that nobody waits until it counts as gone."""
    with engine.begin() as connection:
        connection.execute(update(Node).where(Node.url == node.url, Node.host == node.host).values(seen_at=0))


def set_draining(engine: Engine, url: str, *, draining: bool) -> bool:
    """Let a node get no further runs, or get them again. False: there is no such node."""
    with engine.begin() as connection:
        changed = connection.execute(update(Node).where(Node.url == url).values(draining=int(draining)))
        return bool(changed.rowcount)


def forget(engine: Engine, url: str) -> bool:
    """Remove a node from the register; one that is at work comes back by itself. False: there is no such node."""
    with engine.begin() as connection:
        return bool(connection.execute(delete(Node).where(Node.url == url)).rowcount)


def registered(connection: Connection) -> list[Row[str, str, int, str, str, int, float]]:
    """Return all nodes with `silent_for`, the seconds since each was heard last."""
    return list(connection.execute(REGISTERED).all())
