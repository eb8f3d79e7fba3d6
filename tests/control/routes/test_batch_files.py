"""`GET /batches/<id>/links` as a file."""

import csv
import io
import json
from urllib.parse import unquote

import pytest
from openpyxl import load_workbook
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from control.exports import source as sources
from control.exports import working_files
from control.web import batch_files, open_streams
from control.web.engine import db
from tests.control.conftest import problem

LINKS = [
    "https://vk.com/wall-1_1",
    "https://vk.com/wall-1_2?w=wall-1_3",
    "=cmd|' /C calc'!A0",
    "https://vk.com/wall-1_4",
]
NUMBERS = {"views": 2000, "likes": 30, "comments": 10, "reposts": 6, "measured_at": 1793480400.0}

IN_TRANSACTION = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()
"""


@pytest.fixture
def batch(anna, set_link):
    made = anna.post("/batches", json={"links": LINKS}).json["id"]
    set_link(made, 0, status="done", reading=NUMBERS)
    set_link(made, 3, status="failed", reason="not_found")
    return made


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", 2)


def file(client, batch, **query):
    answer = client.get(f"/batches/{batch}/links", query_string=query, buffered=True)
    assert answer.status_code == 200, answer.text
    return answer


def rows(answer, delimiter=";"):
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""), delimiter=delimiter))


@pytest.mark.parametrize("pages", [2, 500])
def test_csv_has_all_rows_in_the_order_sent(anna, batch, monkeypatch, pages):
    monkeypatch.setattr(sources, "ROWS_AT_ONCE", pages)
    answer = file(anna, batch, format="csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.data.startswith("\ufeff".encode())
    found = rows(answer)
    assert [row["Ссылка"] for row in found] == [LINKS[0], LINKS[1], f"'{LINKS[2]}", LINKS[3]]
    assert [row["Просмотры"] for row in found] == ["2000", "", "", ""]
    assert [row["Состояние"] for row in found] == ["готово", "ждёт", "не получилось", "не получилось"]
    assert (found[0]["ER по просмотрам"], found[0]["Измерено"]) == ("0,023", "01.11.2026 00:00:00")


def test_the_plain_profile_and_english(anna, batch):
    for query in ({"lang": "en"}, {"lang": "en", "profile": "plain"}):
        first, *_ = rows(file(anna, batch, format="csv", **query), ",")
        assert (first["Measured"], first["ER by views"], first["State"]) == (
            "2026-10-31T21:00:00.000Z",
            "0.023",
            "done",
        )
    assert rows(file(anna, batch, format="csv", lang="en", profile="excel"))[0]["ER by views"] == "0,023"


def test_ndjson(anna, batch, small_pages):
    answer = file(anna, batch, format="ndjson", lang="en")
    assert answer.content_type == "application/x-ndjson"
    found = [json.loads(line) for line in answer.text.splitlines()]
    assert [(row["position"], row["link"], row["status"]) for row in found] == [
        *((1, LINKS[0], "done"), (2, LINKS[1], "created"), (3, LINKS[2], "failed"), (4, LINKS[3], "failed")),
    ]
    assert (found[0]["views"], found[1]["views"], found[2]["reason"]) == (2000, None, "invalid_link")


def test_xlsx_of_some_rows_comes_at_once_and_leaves_nothing_behind(anna, batch, tmp_path, monkeypatch):
    monkeypatch.setattr(working_files, "VAR", tmp_path)  # the schedulers of other tests put files together, too
    answer = file(anna, batch, format="xlsx")
    assert answer.content_length == len(answer.data)
    book = load_workbook(io.BytesIO(answer.data))
    assert [row[0] for row in book["Посты"].iter_rows(min_row=2, values_only=True)] == LINKS
    assert book["Сводка"]["B2"].value == batch
    assert (tmp_path / "tmp").is_dir()
    assert not [*(tmp_path / "tmp").iterdir()]


def test_xlsx_of_many_rows_says_the_way(anna, batch, monkeypatch):
    monkeypatch.setattr(batch_files, "MOST_ROWS", 3)
    answer = anna.get(f"/batches/{batch}/links?format=xlsx")
    assert problem(answer) == (409, "too_many_rows")
    assert f'POST /exports {{"batch": "{batch}"' in answer.json["detail"]
    file(anna, batch, format="xlsx", status="failed")


def test_filters_and_fields(anna, batch):
    answer = file(anna, batch, format="csv", profile="plain", status="failed", fields="reason,link")
    assert answer.text.splitlines() == ["Код причины,Ссылка", f"invalid_link,'{LINKS[2]}", f"not_found,{LINKS[3]}"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("format=pdf", "format"),
        ("format=csv&lang=de", "lang"),
        ("format=csv&profile=mac", "profile"),
        ("format=csv&fields=views,price", "fields"),
        ("format=csv&fields=", "fields"),
        ("format=csv&limit=5", "limit"),
        ("format=xlsx&cursor=5", "cursor"),
        ("format=csv&status=gone", "status"),
    ],
)
def test_what_is_wrong_is_named(anna, batch, query, field):
    answer = anna.get(f"/batches/{batch}/links?{query}")
    assert problem(answer) == (422, "invalid_query")
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_names_of_files_are_in_the_readers_language(anna, batch):
    for lang, word in (("ru", "Просмотры"), ("en", "Views")):
        header = file(anna, batch, format="csv", lang=lang).headers["Content-Disposition"]
        plain, _, full = header.partition("; filename*=UTF-8''")
        assert plain.startswith('attachment; filename="')
        assert plain.isascii()
        assert unquote(full).startswith(f"{word} 20")
        assert unquote(full).endswith(f" {batch[:8]}.csv")


@pytest.mark.parametrize("form", ["csv", "ndjson", "xlsx"])
def test_anothers_batch_is_not_there(boris, batch, form):
    assert problem(boris.get(f"/batches/{batch}/links?format={form}")) == (404, "not_found")


def test_no_connection_is_held_while_the_client_reads(anna, batch, small_pages):
    stream = anna.get(f"/batches/{batch}/links?format=csv", buffered=False).iter_encoded()
    next(stream)
    assert db.engine.pool.checkedout() == 0
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect() as connection:
            assert connection.execute(text(IN_TRANSACTION)).scalar_one() == 0
    stream.close()


def test_a_user_has_two_files_under_way_and_all_together_four(app, anna, boris, batch, small_pages):
    streams = app.extensions[open_streams.EXTENSION][open_streams.FILES]
    path = f"/batches/{batch}/links?format=csv"
    under_way = [anna.get(path, buffered=False) for _ in range(2)]
    refused = anna.get(path)
    assert problem(refused) == (429, "too_many_requests")
    assert int(refused.headers["Retry-After"]) > 0
    assert problem(anna.get(f"/batches/{batch}/links?format=xlsx")) == (429, "too_many_requests")
    streams.of_all = 2
    theirs = boris.post("/batches", json={"links": LINKS}).json["id"]
    refused = boris.get(f"/batches/{theirs}/links?format=ndjson")
    assert problem(refused) == (503, "busy")
    assert int(refused.headers["Retry-After"]) > 0
    for each in under_way:
        each.close()
    assert not streams.open
    assert file(anna, batch, format="xlsx").status_code == 200
    assert not streams.open


def test_a_batch_that_is_deleted_meanwhile_is_never_taken_for_the_whole(anna, batch, small_pages):
    stream = anna.get(f"/batches/{batch}/links?format=csv", buffered=False).iter_encoded()
    next(stream)
    next(stream)
    assert anna.delete(f"/batches/{batch}").status_code == 204
    with pytest.raises(Exception, match="no batch"):
        list(stream)


def test_a_database_that_fails_at_once_is_an_ordinary_error(anna, batch, monkeypatch):
    def fail(*_):
        raise OperationalError("SELECT", {}, Exception("disk"))

    monkeypatch.setattr(sources, "_after", fail)
    for form in ("csv", "xlsx"):
        assert problem(anna.get(f"/batches/{batch}/links?format={form}")) == (503, "database_unavailable")


def test_posts_that_were_measured_twice_have_a_sheet_of_their_growth(anna, boris, set_link, monkeypatch):
    """Of those readings only that her own links ended with. Too many of them take their time, however few links."""
    for client, views in ((anna, 100), (boris, 999), (anna, 250)):
        batch = client.post("/batches", json={"links": LINKS[:1]}).json["id"]
        set_link(batch, 0, status="done", reading={"views": views, "measured_at": 1_793_480_400.0 + views})
    book = load_workbook(io.BytesIO(file(anna, batch, format="xlsx").data))
    found = [[cell.value for cell in row] for row in book["Динамика"].iter_rows(max_col=4)]
    assert [row[2:] for row in found[1:]] == [[100, None], [250, 150]]
    monkeypatch.setattr(batch_files, "MOST_ROWS", 1)
    refused = anna.get(f"/batches/{batch}/links?format=xlsx")
    assert problem(refused) == (409, "too_many_rows")
    assert "more readings" in refused.json["detail"]
    assert anna.post("/exports", json={"batch": batch}).status_code == 202
