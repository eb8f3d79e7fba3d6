"""Files with links: sent, understood, accepted; their own columns travel with the links."""

import io
import json

import pytest
from sqlalchemy import func, select, update

from control.exports import source as sources
from control.exports.choice import Choice, Format
from control.imports import storage
from control.web import batch_files
from control.web.engine import db
from crawler.reasons import Reason
from crawler.store.database import now, snapshot
from crawler.store.models.accounts import Usage, User
from crawler.store.models.batches import Batch, Status
from crawler.store.models.imports import Import, ImportChunk
from crawler.store.models.own_columns import OwnColumns, OwnRow
from tests.control.conftest import problem
from tests.crawler.spreadsheets.reading.packages import data, row, xlsx

pytestmark = pytest.mark.process

LINK = "https://vk.com/wall-1_{}"
TABLE = "\n".join(
    [
        "Блогер;Ссылка;Цена",
        f"Анна;{LINK.format(1)};100",
        f"Борис;{LINK.format(1)};=1+1",
        "Вера;удалён;300",
        "Глеб;https://t.me/a/1;5",
        "Итого;;405",
    ]
)


def send(client, content, name="links.csv"):
    content = content.encode() if isinstance(content, str) else content
    return client.post("/imports", data={"file": (io.BytesIO(content), name)})


def accept(client, made, **corrections):
    return client.post(f"/imports/{made.json['id']}/accept", json=corrections)


def links(client, made):
    return client.get(f"/batches/{made.json['id']}/links").json["links"]


def used():
    """How many links of today's quotas are used up."""
    with db.engine.connect() as connection:
        return connection.execute(select(func.coalesce(func.sum(Usage.links), 0))).scalar_one()


def made_by(batch):
    with db.engine.connect() as connection:
        return connection.execute(select(Batch.user_id).where(Batch.public_id == batch)).scalar_one()


def count(table):
    with db.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_file_is_understood_accepted_and_comes_back_with_its_own_columns(anna):
    made = send(anna, TABLE, "ссылки.csv")
    assert made.status_code == 201, made.json
    assert made.headers["Location"] == made.json["url"]
    assert (made.json["name"], made.json["kind"], made.json["link_column"]) == ("ссылки.csv", "csv", "Ссылка")
    assert (made.json["links"], made.json["rows_without_link"]) == (3, 2)
    assert [each["code"] for each in made.json["problems"]] == ["no_link", "totals"]
    accepted = accept(anna, made)
    assert accepted.status_code == 202, accepted.json
    assert [accepted.json[name] for name in ("accepted", "duplicates", "rejected")] == [1, 1, 1]
    assert [each["position"] for each in accepted.json["rejected_links"]] == [2]
    assert [(each["row"], each["own"]) for each in links(anna, accepted)] == [
        (2, {"Блогер": "Анна", "Цена": "100"}),
        (3, {"Блогер": "Борис", "Цена": "=1+1"}),
        (5, {"Блогер": "Глеб", "Цена": "5"}),
    ]
    assert list(links(anna, accepted)[0]["own"]) == ["Блогер", "Цена"]


def test_rows_without_a_link_are_kept_with_the_batch(anna):
    accept(anna, send(anna, TABLE))
    with db.engine.connect() as connection:
        kept = connection.execute(select(OwnRow.number, OwnRow.given, OwnRow.cells).where(OwnRow.links == 0)).all()
        roles = connection.execute(select(OwnColumns.roles)).scalar_one()
    assert [(number, given, json.loads(cells)) for number, given, cells in kept] == [
        (4, "удалён", ["Вера", "300"]),
        (6, "", ["Итого", "405"]),
    ]
    assert json.loads(roles) == ["blogger", "cost"]


def test_many_rows_without_a_link_make_a_workbook_that_takes_its_time(anna, monkeypatch):
    batch = accept(anna, send(anna, TABLE)).json["id"]
    monkeypatch.setattr(batch_files, "MOST_ROWS", 4)
    assert problem(anna.get(f"/batches/{batch}/links?format=xlsx")) == (409, "too_many_rows")
    assert anna.get(f"/batches/{batch}/links?format=xlsx&status=failed", buffered=True).status_code == 200


@pytest.mark.parametrize("most", [1, 60, 130, 10_000])
def test_long_texts_are_read_a_few_at_a_time(anna, monkeypatch, most):
    rows = [("Заметка", "Ссылка"), *(("ы" * 20 * each, LINK.format(each) if each % 3 else "") for each in range(1, 10))]
    batch = accept(anna, send(anna, "\n".join(map(";".join, rows)))).json["id"]
    with snapshot(db.engine) as connection:
        source = sources.find(connection, made_by(batch), batch)
    monkeypatch.setattr(sources, "MOST_CHARACTERS", most)
    pages = list(sources.pages(db.engine, source, Choice(Format.CSV)))
    assert [len(row.own[0]) // 20 for page in pages for row in page] == [1, 2, 4, 5, 7, 8]
    assert all(
        len(page) == 1 or sum(len(json.dumps(row.own, ensure_ascii=False)) for row in page) <= most for page in pages
    )
    assert len(pages) == {1: 6, 60: 6, 130: 5, 10_000: 1}[most]
    assert [number for number, _, _ in sources.without_link(db.engine, source)] == [4, 7, 10]
    assert len(anna.get(f"/batches/{batch}/links?format=ndjson", buffered=True).text.splitlines()) == 6


def test_long_texts_make_a_workbook_that_takes_its_time(anna, monkeypatch):
    batch = accept(anna, send(anna, TABLE)).json["id"]
    monkeypatch.setattr(batch_files, "MOST_CHARACTERS", 40)
    assert problem(anna.get(f"/batches/{batch}/links?format=xlsx")) == (409, "too_many_rows")
    assert anna.get(f"/batches/{batch}/links?format=xlsx&status=failed", buffered=True).status_code == 200


def test_what_is_fresh_enough_serves_the_links_of_a_file_and_counts_half(anna, boris, set_link):
    old, fresh = (anna.post("/batches", json={"links": [LINK.format(item)]}).json["id"] for item in (1, 3))
    set_link(old, 0, status="done", reading={"views": 10, "measured_at": now() - 7200})
    set_link(fresh, 0, status="done", reading={"views": 30, "measured_at": now() - 60})
    rows = "\n".join(["Блогер;Ссылка", *(f"Анна;{LINK.format(item)}" for item in (1, 2, 3, 3))])
    before = used()
    accepted = accept(anna, send(anna, rows), max_age="1h")
    assert [(each["status"], each["views"], each["row"]) for each in links(anna, accepted)] == [
        *(("created", None, 2), ("created", None, 3), ("done", 30, 4), ("done", 30, 5))
    ]
    assert used() - before == 3  # two of four count as one
    measured = links(anna, accepted)[2]["measured_at"]
    assert measured == anna.get(f"/batches/{fresh}/links").json["links"][0]["measured_at"]
    assert {each["status"] for each in links(boris, accept(boris, send(boris, rows), max_age="1h"))} == {"created"}
    assert {each["status"] for each in links(anna, accept(anna, send(anna, rows)))} == {"created"}
    assert problem(accept(anna, send(anna, rows), max_age="soon")) == (422, "invalid_body")


def test_a_second_accept_is_answered_as_the_first_even_when_the_batch_is_gone(anna):
    made = send(anna, TABLE)
    first = accept(anna, made)
    again = accept(anna, made, columns=[])
    assert (again.status_code, again.json) == (202, first.json)
    assert len(anna.get("/batches").json["batches"]) == 1
    anna.delete(f"/batches/{first.json['id']}")
    assert accept(anna, made).json == first.json
    assert count(ImportChunk) == 0


def test_what_no_database_takes_in_a_text_is_written_in_another_way(anna):
    filler = "\n".join(f"Имя {each};{LINK.format(each)}" for each in range(2, 40))
    accepted = accept(anna, send(anna, f"Имя;Ссылка\nГ\0леб;нет\0\nАн\0на;{LINK.format(1)}\n{filler}"))
    assert accepted.status_code == 202, accepted.json
    assert links(anna, accepted)[0]["own"] == {"Имя": "Ан\0на"}
    for form in ("csv", "ndjson", "xlsx"):
        file = anna.get(f"/batches/{accepted.json['id']}/links?format={form}", buffered=True)
        assert file.status_code == 200


def test_text_is_taken_as_it_is(anna):
    made = anna.post("/imports", data=f"{LINK.format(1)}\n{LINK.format(2)}", content_type="text/plain")
    assert (made.json["kind"], made.json["links"]) == ("txt", 2)
    assert [each["own"] for each in links(anna, accept(anna, made))] == [{}, {}]


def test_corrections_choose_the_column_and_what_is_kept(anna):
    book = xlsx(("S", data(row(1, "a", "b", "c"), row(2, LINK.format(1), LINK.format(2), "x"))))
    made = send(anna, book, "a.xlsx")
    accepted = accept(anna, made, link_column="b", columns=["c"])
    assert [(each["link"], each["own"]) for each in links(anna, accepted)] == [(LINK.format(2), {"c": "x"})]


@pytest.mark.parametrize("wrong", [{"link_column": "z"}, {"sheet": "z"}, {"columns": ["z"]}])
def test_a_correction_that_names_nothing_leaves_the_import_open(anna, wrong):
    made = send(anna, TABLE)
    assert problem(accept(anna, made, **wrong)) == (422, "unreadable_file")
    assert accept(anna, made).status_code == 202


def test_own_columns_are_carried_by_a_retry_and_go_with_their_batch(anna, set_link):
    first = accept(anna, send(anna, TABLE))
    for position in (0, 1):
        set_link(first.json["id"], position, status=Status.FAILED, reason=Reason.NETWORK, detail="")
    second = anna.post(f"/batches/{first.json['id']}/retry")
    assert second.status_code == 202, second.json
    assert [each["own"] for each in links(anna, second)] == [
        {"Блогер": "Анна", "Цена": "100"},
        {"Блогер": "Борис", "Цена": "=1+1"},
    ]
    for made in (first, second):
        assert anna.delete(f"/batches/{made.json['id']}").status_code == 204
    assert (count(OwnRow), count(OwnColumns)) == (0, 0)
    with db.engine.connect() as connection:
        assert connection.execute(select(User.stored_bytes).where(User.username == "anna")).scalar_one() == 0


def test_pages_are_cut_where_own_columns_are_large(anna):
    cells = ";".join(["x" * 2000] * 50)
    head = ";".join(f"c{each}" for each in range(50))
    table = "\n".join([f"Ссылка;{head}", *(f"{LINK.format(each)};{cells}" for each in range(1, 51))])
    made = accept(anna, anna.post("/imports", data=table, content_type="text/plain"))
    seen, cursor = [], None
    while True:
        query = {"limit": 1000} | ({"cursor": cursor} if cursor else {})
        page = anna.get(f"/batches/{made.json['id']}/links", query_string=query)
        assert len(page.data) < 3_000_000
        seen += [each["position"] for each in page.json["links"]]
        cursor = page.json["next_cursor"]
        if cursor is None:
            break
    assert seen == list(range(50))


def test_what_cannot_be_read_is_said_and_nothing_of_it_is_kept(anna):
    for content in (b"", b"%PDF-1.7", b"PK\x03\x04" + bytes(100)):
        assert problem(send(anna, content)) == (422, "unreadable_file")
    assert count(Import) == 0
    nothing = send(anna, "a;b\nc;d")
    assert nothing.status_code == 201
    assert problem(accept(anna, nothing)) == (422, "no_links")


def test_bodies_that_are_no_file(anna):
    assert problem(anna.post("/imports", json={})) == (415, "not_json")
    assert problem(anna.post("/imports", data={"other": "a"}, content_type="multipart/form-data")) == (
        422,
        "invalid_body",
    )


def test_a_file_of_64_mib_and_a_byte_is_too_large(anna):
    answer = anna.post("/imports", data=bytes(64 * 2**20 + 1), content_type="text/plain")
    assert problem(answer) == (413, "body_too_large")
    assert "64 MiB" in answer.json["detail"]
    assert count(Import) == 0


def test_nobody_sees_the_imports_of_others(anna, boris):
    made = send(anna, TABLE)
    path = f"/imports/{made.json['id']}"
    assert boris.get("/imports").json == {"imports": []}
    for method, where in (("get", path), ("delete", path), ("post", f"{path}/accept")):
        assert problem(getattr(boris, method)(where)) == (404, "not_found")
    assert anna.get(path).json == made.json
    assert anna.delete(path).status_code == 204
    assert problem(anna.get(path)) == (404, "not_found")


def test_a_user_has_five_open_imports(anna, boris):
    made = [send(anna, TABLE) for _ in range(storage.MOST_OPEN)]
    assert problem(send(anna, TABLE)) == (409, "keeps_too_much")
    assert send(boris, TABLE).status_code == 201
    accept(anna, made[0])
    assert send(anna, TABLE).status_code == 201


def test_an_import_expires(anna):
    made = send(anna, TABLE)
    with db.engine.begin() as connection:
        connection.execute(update(Import).values(expires_at=now() - 1))
    assert problem(accept(anna, made)) == (404, "not_found")
    storage.expire(db.engine)
    assert (count(Import), count(ImportChunk)) == (0, 0)
