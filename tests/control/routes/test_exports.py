"""Exports as their users see them: ordered, followed, fetched and deleted. Who makes them here is no process."""

import io
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select, update

from control.exports import allowance, child, lease, orders
from control.exports.lease import LostError
from control.scheduler import pruning
from control.web.engine import db
from crawler.process.environment import VAR
from crawler.store.models.exports import Export, ExportPiece
from tests.control.conftest import problem
from tests.control.routes.test_months import LAST, followed, read_ends

LINKS = [f"https://vk.com/wall-1_{item}" for item in range(1, 8)]
MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture
def batch(anna):
    return anna.post("/batches", json={"links": LINKS}).json["id"]


def order(client, batch, **body):
    answer = client.post("/exports", json={"batch": batch, **body})
    assert answer.status_code == 202, answer.text
    return answer.json["id"]


def make(client, batch, **body):
    """Order one, and make it as the child does."""
    id_ = order(client, batch, **body)
    taken, worker, _ = lease.take(db.engine)
    assert taken == id_
    child.make(db.engine, id_, worker, MOSCOW, int)
    return id_


def file(client, id_):
    return client.get(f"/exports/{id_}/file", buffered=True)


def pieces():
    with db.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(ExportPiece)).scalar_one()


def test_ordered_made_and_fetched(anna, batch, monkeypatch):
    monkeypatch.setattr(child, "PIECE_BYTES", 1000)
    made = anna.post("/exports", json={"batch": batch, "lang": "en"})
    assert (made.status_code, made.json["state"], made.json["rows"]) == (202, "waiting", 7)
    assert made.headers["Location"] == made.json["url"]
    id_ = made.json["id"]
    assert problem(file(anna, id_)) == (409, "export_not_ready")
    taken, worker, before = lease.take(db.engine)
    assert (taken, before) == (id_, None)
    assert anna.get(f"/exports/{id_}").json["state"] == "making"
    child.make(db.engine, id_, worker, MOSCOW, int)
    shown = anna.get(f"/exports/{id_}").json
    assert (shown["state"], shown["progress"], shown["rows_done"]) == ("ready", 1.0, 7)
    answer = file(anna, id_)
    assert (answer.status_code, len(answer.data)) == (200, shown["bytes"])
    assert pieces() > 5
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="Views 20')
    book = load_workbook(io.BytesIO(answer.data))
    assert [row[0] for row in book["Posts"].iter_rows(min_row=2, values_only=True)] == LINKS
    assert anna.get("/exports").json["exports"] == [shown]
    assert not [*(VAR / "tmp").glob(f"export-{worker}*")]


def test_csv_and_what_is_chosen(anna, batch, set_link):
    set_link(batch, 3, status="failed", reason="deleted")
    id_ = make(anna, batch, format="csv", status="failed", fields="link,reason", profile="plain", q="WALL-1")
    assert file(anna, id_).text.splitlines() == ["Ссылка,Код причины", f"{LINKS[3]},deleted"]
    assert anna.get(f"/exports/{id_}").json["rows"] == 1


def test_the_same_order_is_not_made_twice(anna, batch):
    first = order(anna, batch)
    assert order(anna, batch) == first
    assert order(anna, batch, lang="en") != first
    lease.take(db.engine)
    assert order(anna, batch) == first


def test_three_exports_are_kept(anna, boris, batch):
    for lang, form in (("ru", "csv"), ("en", "csv"), ("ru", "xlsx")):
        last = order(anna, batch, lang=lang, format=form)
    assert problem(anna.post("/exports", json={"batch": batch, "lang": "en"})) == (409, "too_many_exports")
    assert anna.delete(f"/exports/{last}").status_code == 204
    order(anna, batch, lang="en")
    theirs = boris.post("/batches", json={"links": LINKS}).json["id"]
    order(boris, theirs)


def test_a_user_keeps_so_many_bytes(anna, batch, monkeypatch):
    first = make(anna, batch)
    size = anna.get(f"/exports/{first}").json["bytes"]
    monkeypatch.setattr(allowance, "MOST_BYTES", size + 10)
    second = make(anna, batch, lang="en")
    shown = anna.get(f"/exports/{second}").json
    assert (shown["state"], shown["bytes"]) == ("failed", None)
    assert "256 MiB" in shown["error"]
    assert problem(file(anna, second)) == (409, "export_not_ready")
    monkeypatch.setattr(allowance, "MOST_BYTES", size)
    assert problem(anna.post("/exports", json={"batch": batch, "format": "csv"})) == (409, "too_many_exports")


@pytest.mark.process
def test_files_that_came_in_and_files_that_were_made_share_their_room(anna, boris, batch, monkeypatch):
    made = anna.get(f"/exports/{make(anna, batch)}").json["bytes"]
    assert anna.post("/imports", data=LINKS[0], content_type="text/plain").status_code == 201
    monkeypatch.setattr(allowance, "MOST_BYTES", made + 2 * len(LINKS[0]) - 1)
    refused = anna.post("/imports", data=LINKS[0], content_type="text/plain")
    assert problem(refused) == (409, "keeps_too_much")
    assert "imports and exports" in refused.json["detail"]
    assert boris.post("/imports", data=LINKS[0], content_type="text/plain").status_code == 201
    second = make(anna, batch, lang="en")
    assert (anna.get(f"/exports/{second}").json["state"], pieces()) == ("failed", 1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "batch"),
        ({"batch": 5}, "batch"),
        ({"format": "pdf"}, "format"),
        ({"fields": "views,price"}, "fields"),
        ({"lang": "de"}, "lang"),
        ({"status": "gone"}, "status"),
        ({"rows": 5}, "rows"),
    ],
)
def test_what_is_wrong_is_named(anna, batch, body, field):
    answer = anna.post("/exports", json=body if field == "batch" else {"batch": batch, **body})
    assert problem(answer) == (422, "invalid_body")
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_anothers_is_not_there(anna, boris, batch):
    id_ = make(anna, batch)
    assert problem(boris.post("/exports", json={"batch": batch})) == (404, "not_found")
    for answer in (boris.get(f"/exports/{id_}"), file(boris, id_), boris.delete(f"/exports/{id_}")):
        assert problem(answer) == (404, "not_found")
    assert boris.get("/exports").json == {"exports": []}
    assert file(anna, id_).status_code == 200


def test_an_unfinished_one_is_taken_again_and_the_late_worker_writes_nothing(anna, batch):
    id_ = order(anna, batch)
    _, late, _ = lease.take(db.engine)
    assert lease.take(db.engine) is None
    lease.store(db.engine, id_, late, 0, b"half")
    assert lease.give_back(db.engine, id_, late)
    _, worker, before = lease.take(db.engine)
    assert before == late
    assert not lease.give_back(db.engine, id_, late)
    with pytest.raises(LostError):
        lease.store(db.engine, id_, late, 1, b"late")
    with pytest.raises(LostError):
        lease.finish(db.engine, id_, late, 1)
    child.make(db.engine, id_, worker, MOSCOW, int)
    assert load_workbook(io.BytesIO(file(anna, id_).data)).sheetnames[1] == "Посты"
    with pytest.raises(LostError):
        child.make(db.engine, id_, late, MOSCOW, int)
    assert file(anna, id_).status_code == 200


def test_what_cannot_be_made_is_given_up(anna, batch):
    id_ = order(anna, batch)
    for _ in range(lease.ATTEMPTS):
        _, worker, _ = lease.take(db.engine)
        lease.clear(db.engine, id_, worker)
        lease.store(db.engine, id_, worker, 0, b"half")
        lease.give_back(db.engine, id_, worker)
    assert lease.take(db.engine) is None
    shown = anna.get(f"/exports/{id_}").json
    assert (shown["state"], shown["error"]) == ("failed", lease.IN_VAIN)
    assert pieces() == 0


@pytest.mark.parametrize("what", ["export", "batch"])
def test_deleted_meanwhile_it_is_not_finished(anna, batch, what):
    id_ = order(anna, batch)
    _, worker, _ = lease.take(db.engine)
    assert anna.delete(f"/exports/{id_}" if what == "export" else f"/batches/{batch}").status_code == 204
    with pytest.raises(LostError):
        child.make(db.engine, id_, worker, MOSCOW, int)
    assert pieces() == 0


def test_kept_for_a_day(anna, batch):
    id_ = make(anna, batch)
    pruning.remove(db.engine)
    assert file(anna, id_).status_code == 200
    with db.engine.begin() as connection:
        connection.execute(update(Export).values(expires_at=Export.expires_at - orders.KEPT_SECONDS - 1))
    pruning.remove(db.engine)
    assert problem(anna.get(f"/exports/{id_}")) == (404, "not_found")
    assert pieces() == 0


def test_deleted_while_it_is_read_it_is_not_taken_for_the_whole(anna, batch, monkeypatch):
    monkeypatch.setattr(child, "PIECE_BYTES", 1000)
    id_ = make(anna, batch)
    stream = anna.get(f"/exports/{id_}/file", buffered=False).iter_encoded()
    next(stream)
    assert db.engine.pool.checkedout() == 0
    anna.delete(f"/exports/{id_}")
    with pytest.raises(Exception, match="no export"):
        list(stream)


@pytest.fixture
def campaign(anna):
    made = followed(anna)
    read_ends([100, 250])
    return made


def test_a_month_is_ordered_made_and_fetched(anna, boris, campaign):
    body = {"campaign": campaign, "month": LAST.name, "lang": "en"}
    made = anna.post("/exports", json=body)
    assert made.status_code == 202
    assert (made.json["batch"], made.json["campaign"], made.json["month"]) == (None, campaign, LAST.name)
    assert made.json["rows"] == 4
    assert anna.post("/exports", json=body).json["id"] == made.json["id"]
    assert anna.post("/exports", json=body | {"month": LAST.after}).json["id"] != made.json["id"]
    id_, worker, _ = lease.take(db.engine)
    assert id_ == made.json["id"]
    child.make(db.engine, id_, worker, MOSCOW, int)
    shown = anna.get(f"/exports/{id_}").json
    assert (shown["state"], shown["rows_done"]) == ("ready", 4)
    answer = file(anna, id_)
    assert f"Report%20{LAST.name}%20November.xlsx" in answer.headers["Content-Disposition"]
    book = load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == ["Summary", "Posts", "Growth", "Month", "Errors", "Explanations"]
    assert problem(boris.post("/exports", json=body)) == (404, "not_found")
    assert problem(file(boris, id_)) == (404, "not_found")
    assert anna.delete(f"/campaigns/{campaign}").status_code == 204
    assert problem(file(anna, id_)) == (404, "not_found")


def test_a_campaign_that_is_deleted_meanwhile_is_no_file(anna, campaign):
    anna.post("/exports", json={"campaign": campaign, "month": LAST.name})
    id_, worker, _ = lease.take(db.engine)
    assert anna.delete(f"/campaigns/{campaign}").status_code == 204
    with pytest.raises(LostError):
        child.make(db.engine, id_, worker, MOSCOW, int)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"batch": "0" * 32}, "batch"),
        ({"month": None}, "batch"),
        ({"campaign": None}, "batch"),
        ({"format": "csv"}, "format"),
        ({"status": "done"}, "format"),
        ({"fields": "views"}, "format"),
        ({"month": "2026-13"}, "month"),
    ],
)
def test_what_is_wrong_of_a_month_is_named(anna, campaign, more, field):
    answer = anna.post("/exports", json={"campaign": campaign, "month": LAST.name} | more)
    assert problem(answer) == (422, "invalid_body")
    assert [error["field"] for error in answer.json["errors"]] == [field]
