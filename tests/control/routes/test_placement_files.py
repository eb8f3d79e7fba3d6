"""Placements by a file: recognised columns fill their fields, and own columns travel along."""

import pytest
from sqlalchemy import func, select

from control.campaigns import own_columns
from control.scheduler import account_erasure
from control.web.engine import db
from crawler.store.models.accounts import User
from crawler.store.models.campaigns import Placement, PlacementRow
from crawler.store.models.imports import ImportChunk
from tests.control.conftest import problem
from tests.control.routes.test_campaigns import add, listed, made
from tests.control.routes.test_imports import LINK, accept, send

pytestmark = pytest.mark.process

TABLE = "\n".join(
    [
        "Блогер;Ссылка;Цена, руб.;ERID;Дата выхода;Отчитано ранее;Менеджер",
        f"Анна;{LINK.format(1)};1 200,50;2SDnjegvUsB;31.10.2026;1 000;Вера",
        f"Борис;{LINK.format(1)};бартер;нет;скоро;много;Глеб",
        "Глеб;https://t.me/a/1;5;;;;",
        "Итого;;405;;;;",
    ]
)
OWN = ["Блогер", "Цена, руб.", "ERID", "Дата выхода", "Отчитано ранее", "Менеджер"]
FIELDS = ("blogger", "cost", "erid", "date", "baseline")


@pytest.fixture
def campaign(anna):
    return made(anna)["id"]


def count(table):
    with db.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def stored_bytes():
    with db.engine.connect() as connection:
        return connection.execute(select(User.stored_bytes).where(User.username == "anna")).scalar_one()


def test_a_file_becomes_placements_and_its_columns_their_fields(anna, campaign):
    accepted = accept(anna, send(anna, TABLE), campaign=campaign)
    assert accepted.status_code == 201, accepted.json
    assert [accepted.json[name] for name in ("accepted", "duplicates", "rejected")] == [1, 1, 1]
    assert [(each["position"], each["row"], each["column"]) for each in accepted.json["unread_cells"]] == [
        (1, 3, name) for name in ("Дата выхода", "Цена, руб.", "ERID", "Отчитано ранее")
    ]
    rows = listed(anna, campaign)["placements"]
    assert [tuple(row[name] for name in FIELDS) for row in rows] == [
        ("Анна", 1200.5, "2SDnjegvUsB", "2026-10-31", 1000),
        ("Борис", None, None, None, None),
        ("Глеб", 5.0, None, None, None),
    ]
    assert [row["row"] for row in rows] == [2, 3, 4]
    assert list(rows[0]["own"].items()) == list(
        zip(OWN, ["Анна", "1 200,50", "2SDnjegvUsB", "31.10.2026", "1 000", "Вера"], strict=True)
    )
    assert anna.get(f"/campaigns/{campaign}").json["own_columns"] == OWN
    assert anna.get("/batches").json["batches"] == []


def test_a_second_accept_is_answered_as_the_first_whatever_it_asks_for(anna, campaign):
    sent = send(anna, TABLE)
    first = accept(anna, sent, campaign=campaign)
    for more in ({"campaign": campaign}, {}, {"campaign": made(anna)["id"]}):
        again = accept(anna, sent, **more)
        assert (again.status_code, again.json) == (201, first.json)
    assert len(listed(anna, campaign)["placements"]) == 3
    assert count(ImportChunk) == 0
    anna.delete(f"/campaigns/{campaign}")
    assert accept(anna, sent).json == first.json


def test_a_file_goes_into_a_campaign_of_ones_own_only(anna, boris, campaign):
    sent = send(boris, TABLE)
    assert problem(accept(boris, sent, campaign=campaign)) == (404, "not_found")
    assert problem(accept(boris, sent, campaign=campaign, deadline="1h")) == (422, "invalid_body")
    assert listed(anna, campaign)["placements"] == []
    assert accept(boris, sent).status_code == 202


def test_a_file_that_does_not_fit_stays_open_and_leaves_nothing(app, anna, campaign, monkeypatch):
    sent = send(anna, TABLE)
    monkeypatch.setattr(app.config["SETTINGS"], "most_followed_posts", 2)
    assert problem(accept(anna, sent, campaign=campaign)) == (409, "follows_too_much")
    monkeypatch.setattr(app.config["SETTINGS"], "most_followed_posts", 3)
    monkeypatch.setattr(own_columns, "MOST_COLUMNS", 5)
    assert problem(accept(anna, sent, campaign=campaign)) == (409, "follows_too_much")
    assert (count(Placement), count(PlacementRow)) == (0, 0)
    monkeypatch.setattr(own_columns, "MOST_COLUMNS", 6)
    assert accept(anna, sent, campaign=campaign).status_code == 201


def test_files_with_other_columns_share_one_list(anna, campaign):
    accept(anna, send(anna, TABLE), campaign=campaign)
    accept(anna, send(anna, f"Договор;Менеджер;Ссылка\n7;Зоя;{LINK.format(2)}"), campaign=campaign)
    add(anna, campaign, [LINK.format(3)])
    rows = listed(anna, campaign)["placements"]
    assert rows[3]["own"] == {"Менеджер": "Зоя", "Договор": "7"}
    assert (rows[4]["own"], rows[4]["row"]) == ({}, None)
    assert anna.get(f"/campaigns/{campaign}").json["own_columns"] == [*OWN, "Договор"]


def test_a_batch_brings_its_own_columns(anna, campaign):
    batch = accept(anna, send(anna, TABLE)).json["id"]
    answer = anna.post(f"/campaigns/{campaign}/placements", json={"batch": batch})
    assert answer.status_code == 201, answer.json
    assert len(answer.json["unread_cells"]) == 4
    anna.delete(f"/batches/{batch}")
    rows = listed(anna, campaign)["placements"]
    assert [(row["blogger"], row["cost"], row["row"]) for row in rows] == [
        ("Анна", 1200.5, 2),
        ("Борис", None, 3),
        ("Глеб", 5.0, 4),
    ]
    assert rows[0]["own"]["Менеджер"] == "Вера"


def test_own_columns_are_changed_by_name(anna, campaign):
    add(anna, campaign, [LINK.format(1)])
    address = f"/campaigns/{campaign}/placements/0"
    changed = anna.patch(address, json={"own": {"НДС": "22", "Договор": "7"}, "blogger": "Анна", "date": "2026-10-31"})
    assert [changed.json[name] for name in ("own", "blogger", "date")] == [
        {"НДС": "22", "Договор": "7"},
        "Анна",
        "2026-10-31",
    ]
    assert anna.patch(address, json={"own": {"НДС": None, "Акт": ""}}).json["own"] == {"Договор": "7", "Акт": ""}
    assert anna.get(f"/campaigns/{campaign}").json["own_columns"] == ["НДС", "Договор", "Акт"]
    for wrong in ({"own": {"": "x"}}, {"own": {"x": 5}}, {"own": None}, {"date": "31.10.2026"}, {"date": "2026-02-30"}):
        assert problem(anna.patch(address, json=wrong)) == (422, "invalid_body"), wrong


@pytest.mark.parametrize("how", ["placement", "campaign", "user"])
def test_what_own_columns_take_is_given_back(anna, campaign, how):
    accept(anna, send(anna, TABLE), campaign=campaign)
    address = f"/campaigns/{campaign}/placements/0"
    taken = stored_bytes()
    assert taken > 200
    anna.patch(address, json={"own": {"Заметка": "x" * 1000}})
    assert stored_bytes() >= taken + 1000
    if how == "placement":
        for position in range(3):
            anna.delete(f"/campaigns/{campaign}/placements/{position}")
    else:
        assert anna.delete(f"/campaigns/{campaign}" if how == "campaign" else "/users/me").status_code == 204
    while how == "user" and account_erasure.erase(db.engine):
        pass
    assert count(PlacementRow) == 0
    assert how == "user" or stored_bytes() == 0


def test_own_columns_that_would_take_too_much_are_refused(app, anna, campaign, monkeypatch):
    sent = send(anna, TABLE)
    monkeypatch.setattr(app.config["SETTINGS"], "most_stored_megabytes", 0)
    assert problem(accept(anna, sent, campaign=campaign)) == (409, "keeps_too_much")
    assert (count(Placement), count(PlacementRow), stored_bytes()) == (0, 0, 0)


def test_what_no_database_takes_in_a_text_does_no_harm(anna, campaign):
    filler = "\n".join(f"Имя {each};{LINK.format(each)}" for each in range(2, 40))
    accepted = accept(anna, send(anna, f"Блогер;Ссылка\nАн\0на;{LINK.format(1)}\n{filler}"), campaign=campaign)
    assert accepted.status_code == 201, accepted.json
    row, *_ = listed(anna, campaign)["placements"]
    assert row["own"] == {"Блогер": "Ан\0на"}
    assert row["blogger"] == "Ан\\u0000на"
