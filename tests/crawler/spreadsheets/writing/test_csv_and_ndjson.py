"""CSV and NDJSON: every cell as it is written, in both profiles and languages."""

import csv
import io
import json
from zoneinfo import ZoneInfo

import pytest

from crawler.spreadsheets.writing.amounts import amount
from crawler.spreadsheets.writing.columns import FIELDS, FOR_PROGRAMS, USUAL, Layout, choose
from crawler.spreadsheets.writing.csv_and_ndjson import csv_pieces, ndjson_pieces
from crawler.spreadsheets.writing.marks import unmark
from crawler.spreadsheets.writing.profiles import PROFILES
from crawler.spreadsheets.writing.rows import Row

MOSCOW = ZoneInfo("Europe/Moscow")
NIGHT = 1793480400.25  # 2026-11-01 00:00:00 in Moscow, and a quarter of a second
HOSTILE = ["=1+1", 'a"b', "a;b,c\td", "two\r\nlines", "-5", "'x", " leading", "@nick", "\x1b[2J", "漢字"]


def row(**given):
    usual = {
        "position": 0,
        "link": "https://vk.com/wall-1_1",
        "own": (),
        "platform": "vk",
        "post": "https://vk.com/wall-1_1",
        "joint_post": None,
        "duplicate_of": None,
        "status": "done",
        "reason": None,
        "detail": None,
        "views": 1000,
        "likes": 15,
        "comments": 5,
        "reposts": 3,
        "source": "wall.getById 5.199",
        "measured_at": NIGHT,
        "cost": None,
    }
    return Row(**usual | given)


def failed(**given):
    nothing = dict.fromkeys(("views", "likes", "comments", "reposts", "source", "measured_at", "post"))
    return row(**{"status": "failed", "reason": "not_found", **nothing, **given})


def table(layout, rows, profile="excel"):
    text = "".join(csv_pieces(layout, [rows], PROFILES[profile], MOSCOW))
    file = io.StringIO(text.removeprefix("\ufeff"), newline="")
    return text, list(csv.reader(file, delimiter=PROFILES[profile].delimiter))


def test_the_excel_profile():
    layout = Layout(["Блогер", "Цена"], choose(None, USUAL, cost=True), "ru")
    text, (header, cells) = table(layout, [row(own=["Анна", "1 500,50 ₽"], cost=1500.5)])
    assert text.startswith("\ufeffБлогер;Цена;Ссылка;Просмотры;")
    assert text.count("\r\n") == text.count("\n") == 2
    found = dict(zip(header, cells, strict=True))
    assert found["Измерено"] == "01.11.2026 00:00:00"
    assert (found["ER по просмотрам"], found["CPV"], found["CPM"]) == ("0,023", "1,5005", "1500,5")
    assert (found["Состояние"], found["Причина"], found["Что делать"]) == ("готово", "", "")


def test_the_plain_profile():
    layout = Layout(["Cost"], choose(None, USUAL, cost=True), "en")
    text, (header, cells) = table(layout, [row(own=["0.5"], cost=0.5)], "plain")
    assert text.startswith("Cost,Link,Views,Likes,")
    found = dict(zip(header, cells, strict=True))
    assert found["Measured"] == "2026-10-31T21:00:00.250Z"
    assert (found["ER by views"], found["CPV"], found["CPM"]) == ("0.023", "0.0005", "0.5")


def test_a_missing_number_is_empty_and_a_zero_is_0():
    layout = Layout([], choose("views,likes,er_views,cpv,cpm", USUAL, cost=True), "ru")
    rows = [failed(cost=9.0), row(views=0, cost=9.0), row(likes=None), row(cost=0.0)]
    _, (_, *found) = table(layout, rows)
    assert found == [
        ["", "", "", "", ""],
        ["0", "15", "", "", ""],
        ["1000", "", "", "", ""],
        ["1000", "15", "0,023", "0", "0"],
    ]


def test_a_reason_is_said_in_words_with_what_to_do():
    layout = Layout([], ["state", "why", "advice", "reason", "status"], "ru")
    rows = [failed(), failed(reason="network"), failed(reason="invalid_link", detail="empty")]
    _, (_, *found) = table(layout, rows)
    assert found[0][1:] == [
        "Пост удалён, скрыт или его не было: ВКонтакте не говорит, что именно.",
        "",
        "not_found",
        "failed",
    ]
    assert found[1][:3] == ["не получилось", "ВКонтакте была недоступна.", "Можно проверить ещё раз."]
    assert found[2][1:3] == ["Это не ссылка на пост.", "Пришлите адрес поста, например https://vk.com/wall-1_2."]


@pytest.mark.parametrize("profile", PROFILES)
def test_T37_no_cell_is_run_and_each_comes_back_as_it_was(profile):
    rows = [row(link=text, own=[text, text[::-1]]) for text in HOSTILE]
    layout = Layout(HOSTILE[:2], ["own", "link"], "ru")
    text, (header, *found) = table(layout, rows, profile)
    assert [[unmark(cell) for cell in cells] for cells in found] == [[*each.own, each.link] for each in rows]
    assert header == ["'=1+1", 'a"b', "Ссылка"]
    assert "'=1+1" in text
    assert "'-5" not in text


def test_a_link_without_own_cells_has_empty_ones():
    layout = Layout(["a", "b"], ["own", "position"], "en")
    _, (_, *found) = table(layout, [row(), row(own=["x"], position=1)], "plain")
    assert found == [["", "", "1"], ["x", "", "2"]]


def test_ndjson_has_an_object_a_line():
    layout = Layout(["Блогер", "=x"], choose(None, FOR_PROGRAMS, cost=False), "ru")
    text = "".join(ndjson_pieces(layout, [[row(own=["Анна\n", "=1+1"])], [failed(position=1)]]))
    first, second = map(json.loads, text.splitlines())
    assert first["own"] == {"Блогер": "Анна\n", "=x": "=1+1"}
    assert (first["views"], first["measured_at"], first["er_views"]) == (1000, "2026-10-31T21:00:00.250Z", 0.023)
    assert (second["position"], second["views"], second["reason"], second["status"]) == (2, None, "not_found", "failed")
    assert "Анна" in text


def test_what_can_be_chosen():
    assert choose("views, link,views", USUAL, cost=False) == ["views", "link"]
    assert choose(None, USUAL, cost=False)[:2] == ["own", "link"]
    assert choose(None, USUAL, cost=True)[-2:] == ["cpv", "cpm"]
    assert choose(",".join(FIELDS), USUAL, cost=True) == list(FIELDS)
    for wrong in ("", "views,", "Views", "x" * 9000):
        with pytest.raises(ValueError, match="there is no field"):
            choose(wrong, USUAL, cost=False)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1500", 1500.0),
        ("1 500,50 ₽", 1500.5),
        ("12\u00a0000 руб.", 12000.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("1,234.56", 1234.56),
        ("1.234.567,5", 1234567.5),
        ("1,234,567", 1234567.0),
        ("$1 200", 1200.0),
        ("1,234", None),
        ("0,125", 0.125),
        ("-5", -5.0),
        ("", None),
        ("бартер", None),
        ("1500 + бартер", None),
        ("1e5", None),
        ("9" * 500, None),
    ],
)
def test_what_a_cost_is(text, number):
    assert amount(text) == number
