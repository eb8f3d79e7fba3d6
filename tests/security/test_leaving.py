"""A user who is deleted while a request of theirs is under way: their token is good no more, and that is all."""

import pytest
from sqlalchemy import delete, func, select

from control.scheduler import account_erasure
from control.web import auth
from control.web.engine import db
from crawler.store.models.accounts import User, UserState
from crawler.store.models.batches import Batch, Link
from crawler.store.models.posts import Reading
from tests.control.conftest import problem
from tests.security.routes import CASES, Who, ask, maker, split


@pytest.mark.parametrize("label", [label for label, case in CASES.items() if case.who is Who.USER])
@pytest.mark.parametrize("more", [{}, {"headers": {"Idempotency-Key": "once"}}])
def test_a_request_of_somebody_who_is_gone_is_no_error_of_ours(anna, monkeypatch, label, more):
    id_ = maker(split(label)[1])(anna) if "<id>" in label else ""
    identify = auth._identify

    def and_then_gone():
        found = identify()
        with db.engine.begin() as connection:
            connection.execute(delete(Link))
            connection.execute(delete(User))
        return found

    monkeypatch.setattr(auth, "_identify", and_then_gone)
    answer = ask(anna, label, id_, **more)
    assert answer.status_code in {200, 204, 401, 404}
    if answer.status_code >= 400:
        assert problem(answer) in {(401, "not_authenticated"), (404, "not_found")}


def test_all_that_was_theirs_goes_in_pieces_and_nothing_else(anna, boris, monkeypatch):
    monkeypatch.setattr(account_erasure, "LINKS_AT_ONCE", 7)
    monkeypatch.setattr(account_erasure, "SLICE_SECONDS", 0.0)
    for client in (anna, boris):
        for count in (1, 7, 20):
            client.post("/batches", json={"links": [f"https://vk.com/wall-1_{item}" for item in range(1, count + 1)]})
    assert anna.delete("/users/me").status_code == 204
    rounds = 1
    while account_erasure.erase(db.engine):
        rounds += 1
        with db.engine.connect() as connection:
            open_ = select(Batch.id).join(User).where(Batch.closed_at.is_(None), User.state == UserState.LEAVING)
            assert len(connection.execute(open_).all()) < 3
    assert rounds > 5
    with db.engine.connect() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(table)).scalar()
            for table in (User, Batch, Link, Reading)
        ]
    assert counts == [1, 3, 28, 0]
