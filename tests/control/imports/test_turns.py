"""Who may have a file read: one a user and two in all, and nobody waits for long."""

from contextlib import ExitStack
from threading import Event, Thread

import pytest

from control.errors import Busy
from control.imports import turns
from control.imports.turns import Turns
from tests.control.conftest import problem


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.01)


@pytest.mark.parametrize("users", [["anna", "anna"], ["anna", "boris", "vera"]])
def test_one_a_user_and_two_in_all(impatient, users):
    taken, *rest = Turns(), *users
    with ExitStack() as stack:
        for user in rest[:-1]:
            stack.enter_context(taken.take(user))
        with pytest.raises(Busy), taken.take(rest[-1]):
            pass
    with taken.take(rest[-1]):
        assert taken.working == {rest[-1]}
    assert not taken.working


def test_who_waits_is_next_also_after_a_failure():
    taken, begun, done = Turns(), Event(), Event()

    def wait():
        begun.set()
        with taken.take("anna"):
            done.set()

    def fail():
        with taken.take("anna"):
            thread.start()
            assert begun.wait(10)
            assert not done.is_set()
            raise ConnectionError

    thread = Thread(target=wait)
    with pytest.raises(ConnectionError):
        fail()
    assert done.wait(turns.PATIENCE_SECONDS)
    thread.join()


def test_a_third_file_is_told_when_to_come_again(impatient, anna):
    with turns.TURNS.take("boris"), turns.TURNS.take("vera"):
        refused = anna.post("/imports", data="https://vk.com/wall-1_1", content_type="text/plain")
    assert problem(refused) == (503, "busy")
    assert int(refused.headers["Retry-After"]) > 0
    assert anna.get("/imports").json == {"imports": []}
