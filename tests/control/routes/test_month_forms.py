"""A month as the forms of advertising registers, as its user asks for them."""

import io
import json

import pytest
from openpyxl import load_workbook
from sqlalchemy import update

from control.web import month_files
from control.web.engine import db
from crawler.store.models.campaigns import FollowedPost
from crawler.store.models.posts import Post
from tests.control.conftest import problem
from tests.control.routes.test_months import (
    DAY,
    ERID,
    LAST,
    LINKS,
    OLDER,
    OTHER,
    close,
    followed,
    read,
    read_ends,
    read_otherwise,
)


@pytest.fixture
def campaign(anna):
    made = followed(anna)
    with db.engine.begin() as connection:
        connection.execute(update(Post).where(Post.key == "wall-1_1").values(erids=ERID))
        connection.execute(update(Post).where(Post.key == "wall-2_2").values(erids=f"{ERID} {OTHER}"))
    read_ends([100, 250])
    return made


def ask(client, campaign, form="neutral", month=LAST, **query):
    return client.get(f"/campaigns/{campaign}/months/{month.name}/forms/{form}", query_string=query)


def issues(answer):
    return [(each["position"], each["code"], each["column"]) for each in answer.json["issues"]]


def test_the_neutral_table_has_erid_wall_shows_and_period(anna, campaign):
    answer = ask(anna, campaign)
    (row,) = answer.json["body"]["rows"]
    assert (row["erid"], row["wall"], row["shows"]) == (ERID, "https://vk.com/club1", 150)
    assert (row["from"], row["to"][:7]) == (f"{LAST.name}-01", LAST.name)
    assert issues(answer) == [(1, "no_reading", None), (1, "several_erids", "erid")]
    assert [each["link"] for each in answer.json["issues"]] == [LINKS[1]] * 2
    assert answer.json["version"] is None


def test_what_only_the_user_knows_is_asked_for(anna, campaign):
    answer = ask(anna, campaign, "vk", lang="en")
    assert answer.json["body"] == {"items": []}
    assert answer.json["call"] == "POST https://api.ord.vk.com/v3/statistics"
    asked = {each["column"]: each for each in answer.json["columns"]}
    assert (asked["creative_external_id"]["heading"], asked["creative_external_id"]["lacking"]) == ("Creative id", 3)
    assert [name for name, each in asked.items() if each["required"]] == ["creative_external_id", "pad_external_id"]
    says = [each["says"] for each in answer.json["issues"] if each["position"] == 0]
    assert says == ["There is no value: “Creative id”.", "There is no value: “Pad id”."]


def test_a_body_is_what_is_sent_and_nothing_else(anna, campaign):
    answer = ask(anna, campaign, "neutral/body")
    assert answer.content_type == "application/json"
    assert json.loads(answer.data) == ask(anna, campaign).json["body"]
    assert f"neutral {LAST.name}.json" in answer.headers["Content-Disposition"]


def test_a_table_for_excel_and_one_for_programs(anna, campaign):
    head, row = ask(anna, campaign, format="csv").data.decode("utf-8-sig").splitlines()
    assert head == "erid;Площадка;Показы;Период с;Период по"
    assert row.startswith(f"{ERID};https://vk.com/club1;150;01.{LAST.name[5:]}.{LAST.name[:4]};")
    plain = ask(anna, campaign, format="csv", lang="en").text.splitlines()
    assert plain[0] == "erid,Wall,Shows,From,To"
    assert plain[1].startswith(f"{ERID},https://vk.com/club1,150,{LAST.name}-01,")


def test_the_period_is_the_part_of_the_month_in_which_the_post_was_there(anna, campaign):
    with db.engine.begin() as connection:
        connection.execute(update(Post).values(published_at=int(LAST.begin + 4 * DAY)))
        gone = update(FollowedPost).values(missing_at=LAST.begin + 20.5 * DAY, missing_times=3)
        connection.execute(gone)
    (row,) = ask(anna, campaign).json["body"]["rows"]
    assert (row["shows"], row["from"], row["to"]) == (150, f"{LAST.name}-05", f"{LAST.name}-21")


def test_a_closed_month_stays_what_it_was(anna, campaign):
    assert close(anna, campaign, LAST).status_code == 200
    before = ask(anna, campaign).json
    assert before["version"] == 1
    read(LAST.end - DAY, 240)
    assert anna.patch(f"/campaigns/{campaign}/placements/0", json={"erid": OTHER}).status_code == 200
    assert ask(anna, campaign).json == before
    assert ask(anna, campaign, version=1).json == before
    assert problem(ask(anna, campaign, version=2)) == (404, "not_found")


def test_a_month_that_goes_on_is_no_form(anna, campaign):
    answer = ask(anna, campaign, month=LAST._replace(name=LAST.after))
    assert answer.json["body"]["rows"] == []
    assert {code for _, code, _ in issues(answer)} >= {"unfinished"}


def test_an_older_post_without_a_baseline_is_refused_until_there_is_one(anna):
    made = followed(anna, LINKS[:1])
    anna.patch(f"/campaigns/{made}/placements/0", json={"erid": ERID})
    read(LAST.begin + DAY, 300)
    read(LAST.end, 500)
    assert issues(ask(anna, made)) == [(0, "no_beginning", None)]
    anna.patch(f"/campaigns/{made}/placements/0", json={"baseline": 200})
    answer = ask(anna, made)
    assert ([row["shows"] for row in answer.json["body"]["rows"]], issues(answer)) == ([300], [(0, "baseline", None)])


def test_anothers_is_not_there_and_what_is_no_form_is_refused(anna, boris, campaign):
    assert problem(ask(boris, campaign)) == (404, "not_found")
    assert problem(ask(anna, campaign, "odnoklassniki")) == (422, "invalid_query")
    assert problem(ask(anna, campaign, format="body")) == (422, "invalid_query")


def test_a_month_before_anything_was_followed_has_nothing_to_report(anna, campaign):
    answer = ask(anna, campaign, month=OLDER._replace(name=OLDER.before))
    assert answer.json["body"]["rows"] == []


def test_the_workbook_has_placements_with_own_columns_the_form_and_what_is_missing(anna, boris, campaign, monkeypatch):
    for position, blogger in ((0, "Анна"), (2, "Вера")):
        own = {"Блогер": blogger, "Сумма с НДС": "10"}
        anna.patch(f"/campaigns/{campaign}/placements/{position}", json={"cost": 1500, "own": own})
    path = f"/campaigns/{campaign}/months/{LAST.name}/file"
    answer = anna.get(path, buffered=True)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].endswith(f"%20{LAST.name}%20November.xlsx")
    book = load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == ["Сводка", "Посты", "Динамика", "Месяц", "Ошибки", "Пояснения"]
    posts = [list(cells) for cells in book["Посты"].iter_rows(values_only=True)]
    assert posts[0][:4] == ["Блогер", "Сумма с НДС", "Ссылка", "Просмотры за месяц"]
    assert [row[:4] for row in posts[1:3]] == [["Анна", "10", LINKS[0], 150], [None, None, LINKS[1], None]]
    (row,) = book["Месяц"].iter_rows(min_row=2, values_only=True)
    assert (row[0], row[2], row[3], row[9]) == (ERID, "https://vk.com/club1", 150, 20)
    errors = [list(cells)[:3] for cells in book["Ошибки"].iter_rows(min_row=2, values_only=True)]
    assert [4, "spam", "ошибка"] in errors
    assert problem(boris.get(path)) == (404, "not_found")
    assert problem(anna.get(f"{path}?version=1")) == (404, "not_found")
    monkeypatch.setattr(month_files, "MOST_PLACEMENTS", 3)
    assert problem(anna.get(path)) == (409, "too_many_rows")


def test_a_version_of_a_month_is_a_file_and_an_export_too(anna, campaign):
    close(anna, campaign, LAST)
    month = f"/campaigns/{campaign}/months/{LAST.name}"
    assert anna.post(f"{month}/reopen", json={"reason": "an erid was wrong"}).status_code == 200
    read_otherwise(240)
    for query, shows in (("?version=1", 150), ("", 140)):
        book = load_workbook(io.BytesIO(anna.get(f"{month}/file{query}", buffered=True).data))
        assert [row[3] for row in book["Месяц"].iter_rows(min_row=2, values_only=True)] == [shows]
    of = {"campaign": campaign, "month": LAST.name}
    made = anna.post("/exports", json=of | {"version": 1}).json
    assert (made["version"], made["month"]) == (1, LAST.name)
    assert anna.post("/exports", json=of).json["id"] != made["id"]
    assert problem(anna.post("/exports", json=of | {"version": 2})) == (404, "not_found")
    batch = anna.post("/batches", json={"links": LINKS}).json["id"]
    assert problem(anna.post("/exports", json={"batch": batch, "version": 1})) == (422, "invalid_body")
