from threading import Event
from unittest.mock import Mock

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from control.monitoring import cached_look
from control.server.http_server import READERS
from control.web import database_probe
from control.web.database_probe import MOST_WAITING, PROBE
from tests.control.conftest import problem


@pytest.fixture
def probe(app):
    return app.extensions[PROBE]


def refused(answer):
    assert problem(answer) == (503, "database_unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Cache-Control"] == "no-store"
    return True


def test_it_is_200_while_the_database_answers_whatever_scrapyd_and_the_scheduler_do(anonymous):
    answer = anonymous.get("/servez")
    assert (answer.status_code, answer.json) == (200, {"serving": True})
    assert answer.headers["Cache-Control"] == "no-store"
    assert anonymous.get("/readyz").status_code == 503  # for there is no scrapyd


def test_it_is_503_as_soon_as_the_database_refuses_and_200_as_soon_as_it_answers(anonymous, probe, monkeypatch):
    assert anonymous.get("/servez").status_code == 200
    probe.until = 0.0
    with monkeypatch.context() as patch:
        patch.setattr(Engine, "connect", Mock(side_effect=OperationalError("", {}, Exception())))
        assert refused(anonymous.get("/servez"))
        assert anonymous.get("/healthz").status_code == 200
    assert anonymous.get("/servez").status_code == 200


def test_it_is_503_while_the_database_hangs_though_it_answered_just_before(anonymous, probe, monkeypatch):
    clock, hanging = [1000.0], Event()
    monkeypatch.setattr(probe, "clock", lambda: clock[0])
    monkeypatch.setattr(probe, "patience", 0.05)
    assert anonymous.get("/servez").status_code == 200
    monkeypatch.setattr(probe, "look", lambda: hanging.wait(60))
    clock[0] += database_probe.REMEMBERED_SECONDS
    assert anonymous.get("/servez").status_code == 200  # the last answer is no two seconds old
    clock[0] += database_probe.PATIENCE_SECONDS
    assert refused(anonymous.get("/servez"))
    hanging.set()
    probe.looking.result(60)
    assert anonymous.get("/servez").status_code == 200


def test_many_probes_ask_the_database_once_a_second(anonymous, probe, monkeypatch):
    asked = []
    monkeypatch.setattr(probe, "look", lambda: asked.append(1))
    monkeypatch.setattr(probe, "clock", lambda: 1000.0)
    assert {anonymous.get("/servez").status_code for _ in range(50)} == {200}
    assert len(asked) == 1


def test_probes_leave_threads_for_requests():
    assert MOST_WAITING + cached_look.MOST_WAITING < READERS
