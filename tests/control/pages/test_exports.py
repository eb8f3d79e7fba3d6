"""Files of a check from its page: at once, or ordered and followed. Who makes them here is no process."""

import csv
import io
import json
import re
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from control.exports import child, lease
from control.web import batch_files, open_streams
from control.web.engine import db
from crawler.store.models.exports import Export
from tests.control.pages.test_checks import GOOD, id_of, made
from tests.security.pages import reader


@pytest.fixture
def hers(app):
    return reader(app, "anna")


@pytest.fixture
def check(hers, set_link):
    path = made(hers, [GOOD.format(1), GOOD.format(2), "=1+1"], name="Ноябрь")
    set_link(id_of(path), 0, status="done", reading={"views": 1234567})
    return path


@pytest.fixture
def at_once(monkeypatch):
    """No XLSX of more than one row comes at once."""
    monkeypatch.setattr(batch_files, "MOST_ROWS", 1)


def workbook(answer):
    return load_workbook(io.BytesIO(answer.data))


def order(hers, check, query="format=xlsx"):
    answer = hers.post(f"{check}/exports?{query}")
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def make():
    """Make what was ordered, as the child of the scheduler does."""
    id_, worker, _ = lease.take(db.engine)
    child.make(db.engine, id_, worker, ZoneInfo("Europe/Moscow"), int)


def test_files_come_at_once_with_all_links_or_the_chosen(hers, check):
    page = hers.get(f"{check}?status=failed").text
    assert "Скачать XLSX (все 3)" in page
    assert "Скачать CSV (отобранные 1)" in page
    assert "отобранные" not in hers.get(check).text
    whole = hers.get(f"{check}/file?format=xlsx", buffered=True)
    assert quote("Ноябрь") in whole.headers["Content-Disposition"]
    assert [row[1] for row in workbook(whole)["Посты"].iter_rows(min_row=2, values_only=True)] == [1234567, None, None]
    chosen = hers.get(f"{check}/file?format=csv&status=failed", buffered=True, headers={"Accept-Encoding": "gzip"})
    rows = list(csv.DictReader(io.StringIO(chosen.data.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert [row["Ссылка"] for row in rows] == ["'=1+1"]


def test_a_large_file_is_ordered_once_followed_and_fetched(hers, check, at_once):
    assert f'action="{check}/exports?format=xlsx"' in hers.get(check).text
    assert hers.get(f"{check}/file?format=xlsx&q=wall").headers["Location"] == f"{check}?large=1&q=wall#files"
    path = order(hers, check)
    assert order(hers, check) == path
    assert hers.get(f"{path}/file").headers["Location"] == path
    waiting = hers.get(f"{path}/progress")
    assert hers.get(f"{path}/progress", headers={"If-None-Match": waiting.headers["ETag"]}).status_code == 304
    assert json.loads(waiting.data)["over"] is False
    assert "Ждёт очереди" in hers.get(path).text
    make()
    news = json.loads(hers.get(f"{path}/progress").data)
    assert (news["over"], news["to"], news["done"]) == (True, f"{path}/file", 3)
    assert f'href="{path}/file"' in hers.get(path).text
    assert len(list(workbook(hers.get(f"{path}/file", buffered=True))["Посты"].rows)) == 4
    assert "Ноябрь" in hers.get("/checks/files").text
    assert hers.post(f"{path}/delete").status_code == 303
    assert hers.get(path).status_code == 404


def test_a_file_with_many_readings_is_ordered_too(hers, check, set_link, monkeypatch):
    """Its links are few, so that the page offers it at once."""
    again = made(hers, [GOOD.format(1)])
    set_link(id_of(again), 0, status="done", reading={"views": 1234999})
    assert hers.get(f"{again}/file?format=xlsx", buffered=True).mimetype.endswith("sheet")
    monkeypatch.setattr(batch_files, "MOST_ROWS", 1)
    answer = hers.get(f"{again}/file?format=xlsx")
    assert answer.headers["Location"] == f"{again}?large=1#files"
    page = hers.get(f"{again}?large=1").text
    assert "нажмите ещё раз, чтобы его заказать" in page
    assert f'action="{again}/exports?format=xlsx"' in page


def test_what_is_chosen_and_the_language_are_kept_with_the_order(hers, check):
    hers.post("/account/choices", {"language": "en", "time_zone": "Asia/Omsk"})
    order(hers, check, "format=csv&status=failed&q=1")
    with db.engine.connect() as connection:
        choice, rows = connection.execute(select(Export.choice, Export.rows)).one()
    assert [json.loads(choice)[name] for name in ("format", "lang", "status", "text")] == ["csv", "en", "failed", "1"]
    assert rows == 1


def test_one_too_many_is_told_where_one_can_be_deleted(hers, check):
    for query in ("format=xlsx", "format=csv", "format=csv&q=wall"):
        order(hers, check, query)
    answer = hers.post(f"{check}/exports?format=xlsx&q=wall")
    assert answer.status_code == 409
    assert "хранится до 3" in answer.text
    assert len(re.findall("/delete", answer.text)) == 3


def test_one_that_failed_says_why_and_can_be_ordered_again(hers, check):
    path = order(hers, check, "format=xlsx&status=failed")
    id_, worker, _ = lease.take(db.engine)
    lease.fail(db.engine, id_, worker, lease.TOO_LARGE)
    page = hers.get(path).text
    assert "больше 256 МиБ" in page
    assert f"{check}/exports?format=xlsx&amp;status=failed" in page


@pytest.mark.parametrize("what", ["", "/progress", "/file"])
def test_anothers_export_is_not_there(app, hers, check, what):
    path, his = order(hers, check), reader(app, "boris")
    assert his.get(path + what).status_code == 404
    assert his.post(f"{path}/delete").status_code == 404
    assert his.post(f"{check}/exports").status_code == 404
    assert his.get(f"{check}/file").status_code == 404
    assert hers.get(path).status_code == 200


def test_while_too_many_files_are_under_way_a_page_says_so(app, hers, check, monkeypatch):
    monkeypatch.setattr(app.extensions[open_streams.EXTENSION][open_streams.FILES], "of_all", 0)
    answer = hers.get(f"{check}/file?format=xlsx")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Слишком много файлов" in answer.text
    assert "База данных" not in answer.text
