"""Files of a month from its page: the workbook, at once or ordered, and forms."""

import io
import json
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from control.exports import child, lease
from control.web import month_files
from control.web.engine import db
from crawler.store.models.accounts import User
from crawler.store.models.posts import Post
from tests.control.routes.test_months import ERID, LAST, close, followed, read_ends, read_otherwise, reopen
from tests.security.pages import log_in, reader

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture
def campaign(anna):
    made = followed(anna)
    with db.engine.begin() as connection:
        connection.execute(update(Post).values(erids=ERID))
    read_ends([100, 250])
    return made


@pytest.fixture
def hers(app, anna, campaign):
    with db.engine.connect() as connection:
        user_id = connection.execute(select(User.id).where(User.username == "anna")).scalar_one()
    return log_in(app, user_id)


def address(campaign, part, month=LAST.name):
    return f"/followed/{campaign}/{month}/{part}"


def test_the_workbook_comes_at_once(hers, campaign):
    answer = hers.get(address(campaign, "file"), buffered=True)
    assert answer.status_code == 200
    assert load_workbook(io.BytesIO(answer.data)).sheetnames[0] == "Сводка"


def test_a_large_one_is_ordered_and_followed_like_any_file(hers, anna, campaign, monkeypatch):
    monkeypatch.setattr(month_files, "MOST_PLACEMENTS", 3)
    assert hers.get(address(campaign, "file")).headers["Location"] == address(campaign, "")[:-1] + "?ask=file#files"
    there = hers.post(address(campaign, "exports")).headers["Location"]
    assert hers.post(address(campaign, "exports")).headers["Location"] == there
    page = hers.get(there).text
    assert f"/followed/{campaign}/{LAST.name}" in page
    assert f"November, {LAST.name}" in page
    id_, worker, _ = lease.take(db.engine)
    child.make(db.engine, id_, worker, MOSCOW, int)
    assert "/file" in hers.get(there).text
    assert f"November, {LAST.name}" in hers.get("/checks/files").text
    book = load_workbook(io.BytesIO(hers.get(f"{there}/file", buffered=True).data))
    assert [row[0] for row in book["Месяц"].iter_rows(min_row=2, values_only=True)] == [ERID]


def test_forms_are_downloaded(hers, campaign):
    body = hers.get(address(campaign, "forms/neutral"))
    assert [row["shows"] for row in json.loads(body.data)["rows"]] == [150]
    table = hers.get(address(campaign, "forms/neutral"), query_string={"format": "csv"})
    assert table.data.decode("utf-8-sig").splitlines()[0] == "erid;Площадка;Показы;Период с;Период по"
    assert hers.get(address(campaign, "forms/vk")).headers["Content-Disposition"].startswith("attachment")


def test_files_of_an_older_version_have_what_was_closed_then(hers, anna, campaign, monkeypatch):
    """The month was reopened since, and has other numbers now."""
    close(anna, campaign, LAST)
    reopen(anna, campaign, LAST)
    read_otherwise(240)
    there = address(campaign, "")[:-1]
    page = hers.get(f"{there}?version=1").text
    for part in (
        "file?version=1",
        "forms/neutral?version=1",
        "forms/vk?format=csv&amp;version=1",
        "evidence/0?version=1",
    ):
        assert f'href="{there}/{part}"' in page
    for query, shows in (("?version=1", 150), ("", 140)):
        assert [row["shows"] for row in json.loads(hers.get(f"{there}/forms/neutral{query}").data)["rows"]] == [shows]
        book = load_workbook(io.BytesIO(hers.get(f"{there}/file{query}", buffered=True).data))
        assert [row[3] for row in book["Месяц"].iter_rows(min_row=2, values_only=True)] == [shows]
        assert (f"{there}{query}" in hers.get(f"{there}/evidence/0{query}").text) is True
        assert hers.get(f"{there}/forms/vk?format=csv{query.replace('?', '&')}").status_code == 200
    for part in ("file", "forms/vk", "evidence/0"):
        assert hers.get(f"{there}/{part}?version=2").status_code == 404
    monkeypatch.setattr(month_files, "MOST_PLACEMENTS", 3)
    asked = hers.get(f"{there}/file?version=1").headers["Location"]
    assert f'action="{there}/exports?version=1"' in hers.get(asked.partition("#")[0]).text
    ordered = hers.post(f"{there}/exports?version=1").headers["Location"]
    assert hers.post(f"{there}/exports").headers["Location"] != ordered
    for _ in range(2):
        id_, worker, _ = lease.take(db.engine)
        child.make(db.engine, id_, worker, MOSCOW, int)
    book = load_workbook(io.BytesIO(hers.get(f"{ordered}/file", buffered=True).data))
    assert [row[3] for row in book["Месяц"].iter_rows(min_row=2, values_only=True)] == [150]
    assert f"{there}?version=1" in hers.get(ordered).text


@pytest.mark.parametrize("part", ["file", "forms/vk"])
def test_anothers_and_what_there_is_not_is_not_found(app, hers, campaign, part):
    stranger = reader(app, "stranger")
    assert stranger.get(address(campaign, part)).status_code == 404
    assert stranger.post(address(campaign, "exports")).status_code == 404
    assert hers.get(address(campaign, part, "2026-13")).status_code == 404
    assert hers.get(address(campaign, "forms/odnoklassniki")).status_code == 404
