"""A host does not start with secrets that others do not know."""

import pytest
from sqlalchemy import update

from control.scheduler.leadership import Leadership
from control.supervision import own_secrets
from control.supervision.start_checks import CannotStartError
from crawler.process.host import host_id
from crawler.queue import nodes
from crawler.queue.nodes import Description
from crawler.store.models.hosts import Node

NODE = Description("http://10.0.0.5:6800", "another", 2, "1.0.0", "{}")


@pytest.fixture(autouse=True)
def none_given(monkeypatch):
    for name in own_secrets.SHARED:
        monkeypatch.delenv(name, raising=False)


def test_alone_a_host_makes_its_own(engine):
    nodes.register(engine, NODE._replace(host=host_id()))
    own_secrets.check(engine)


def test_beside_another_node_both_have_to_be_set(engine, monkeypatch):
    nodes.register(engine, NODE)
    with pytest.raises(CannotStartError, match="SECRET_KEY and SCRAPYD_PASSWORD must be set"):
        own_secrets.check(engine)
    monkeypatch.setenv("SECRET_KEY", "k" * 40)
    with pytest.raises(CannotStartError, match=r"^SCRAPYD_PASSWORD must be set"):
        own_secrets.check(engine)
    monkeypatch.setenv("SCRAPYD_PASSWORD", "p" * 40)
    own_secrets.check(engine)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_beside_another_scheduler_too(engine):
    Leadership(engine, "another").held()
    with pytest.raises(CannotStartError):
        own_secrets.check(engine)


def test_one_that_is_gone_does_not_count(engine):
    nodes.register(engine, NODE)
    with engine.begin() as connection:
        connection.execute(update(Node).values(seen_at=1.0))
    own_secrets.check(engine)
