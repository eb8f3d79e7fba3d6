"""`/followed`: campaigns made of pasted links, of a check and of a file, and everything that is refused in words."""

import io
import re
from html import unescape

import pytest
from sqlalchemy import func, select, update

from control.campaigns import placements
from control.pages import plans
from control.web.engine import db
from crawler.store.database import now
from crawler.store.models.campaigns import Campaign, Placement
from tests.control.pages.checks import id_of
from tests.control.pages.checks import made as check_made
from tests.security.pages import CAMPAIGN, reader

LINKS = "https://vk.com/wall-1_1\r\nhttps://vk.com/wall-1_2 https://example.com/"
FORM = CAMPAIGN | {"name": "Ноябрь", "links": LINKS, "check": "", "key": "0" * 32}


def shown(hers, path="/followed"):
    answer = hers.get(path)
    assert answer.status_code == 200
    return unescape(answer.text).replace("\u00a0", " ")


def made(hers, **more):
    answer = hers.post("/followed", FORM | more)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def count(table):
    with db.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_before_the_first_campaign_its_form_is_open(hers):
    page = shown(hers)
    assert '<details id="new" open>' in page
    assert "Europe/Moscow" in page


def test_pasted_links_become_a_campaign_which_is_listed(hers):
    path = made(hers)
    page = shown(hers, path)
    assert "Следим за 3 ссылками" in page
    assert "vk.com/wall-1_2" in page
    assert "следить нельзя" in page
    assert "Измерений ещё нет" in page
    listed = shown(hers)
    assert f'<a href="{path}"><bdi>Ноябрь</bdi></a>' in listed
    assert "Обычный" in listed
    assert '<details id="new">' in listed


def test_the_same_form_sent_twice_makes_one(hers):
    assert made(hers) == made(hers)
    assert count(Campaign) == 1
    assert count(Placement) == 3


def test_a_campaign_of_a_check_takes_its_links(hers):
    check = check_made(hers, ["https://vk.com/wall-1_1", "https://vk.com/wall-1_7"], name="Октябрь")
    assert f"/followed?check={id_of(check)}#new" in shown(hers, check)
    assert "<bdi>Октябрь</bdi>" in shown(hers, f"/followed?check={id_of(check)}")
    page = shown(hers, made(hers, links="", check=id_of(check)))
    assert "vk.com/wall-1_7" in page


def test_a_check_that_is_not_there_is_said(app, hers):
    his = check_made(reader(app, "boris"), ["https://vk.com/wall-1_1"])
    assert "Октябрь" not in shown(hers, f"/followed?check={id_of(his)}")
    answer = hers.post("/followed", FORM | {"links": "", "check": id_of(his)})
    assert answer.status_code == 404
    assert "Этой проверки уже нет" in answer.text
    assert count(Campaign) == 0


@pytest.mark.process
def test_a_file_is_looked_at_first_and_then_followed(hers):
    table = "Ссылка;Блогер;Цена\nhttps://vk.com/wall-1_5;Мария;12 000,50\nhttps://vk.com/wall-1_6;Пётр;дорого\n"
    form = FORM | {"links": "", "csrf": hers.token(), "file": (io.BytesIO(table.encode()), "план.csv")}
    answer = hers.post("/followed", form, content_type="multipart/form-data")
    assert answer.status_code == 303
    step = shown(hers, answer.headers["Location"])
    assert "Для кампании:" in step
    assert "Начать следить" in step
    there, _, query = answer.headers["Location"].partition("?")
    accepted = hers.post(there, {"campaign": query.partition("=")[2], "link_column": "Ссылка", "own": "Цена"})
    assert accepted.status_code == 303
    page = shown(hers, accepted.headers["Location"])
    assert "Следим за 2 ссылками. Не поняли ячеек: 1" in page
    assert "12 000,50" in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": " "}, "Название — от 1 до 200 знаков"),
        ({"name": "x" * 201}, "Название — от 1 до 200 знаков"),
        ({"links": ""}, "Ссылок нет"),
        ({"links": "no link at all"}, "Ссылок нет"),
        ({"check": "x"}, "Пришлите или ссылки, или файл"),
        ({"time_zone": "Mars/Base"}, "Такого часового пояса нет"),
        ({"currency": "рубли"}, "Валюта — три латинские буквы"),
        ({"ends_on": "31.12.2026"}, "Последний день — дата"),
    ],
)
def test_what_is_wrong_with_the_form_is_said_and_the_rest_stays(hers, change, said):
    answer = hers.post("/followed", FORM | change)
    assert answer.status_code == 422
    assert said in answer.text
    assert count(Campaign) == 0
    if "name" not in change:
        assert 'value="Ноябрь"' in answer.text


def test_too_many_links_are_refused_before_anything_is_made(hers, monkeypatch):
    monkeypatch.setattr("control.pages.placing.MOST_PLACEMENTS", 1)
    assert "до 1 размещений" in hers.post("/followed", FORM).text
    assert count(Campaign) == 0


@pytest.mark.parametrize(
    ("setting", "said"), [("most_links_per_day", "кончились"), ("most_followed_posts", "больше, чем вам отведено")]
)
def test_what_does_not_fit_leaves_no_campaign_and_can_be_sent_again(app, hers, setting, said):
    old = getattr(app.config["SETTINGS"], setting)
    setattr(app.config["SETTINGS"], setting, 1)
    answer = hers.post("/followed", FORM)
    assert answer.status_code in {409, 429}
    assert said in answer.text
    assert "wall-1_2" in answer.text
    assert count(Campaign) == 0
    setattr(app.config["SETTINGS"], setting, old)
    again = re.search(r'name="key" value="([0-9a-f]{32})"', answer.text)[1]
    made(hers, key=again)


def test_campaigns_come_page_by_page_and_say_when_they_are_over(hers, monkeypatch):
    monkeypatch.setattr("control.pages.followed.ON_A_PAGE", 1)
    made(hers, name="first", key="1" * 32, ends_on="2030-01-31")
    made(hers, name="second", key="2" * 32)
    page = shown(hers)
    assert "second" in page
    assert "first" not in page
    older = re.search('rel="next" href="([^"]*)"', page)[1]
    assert "до 01.02.2030, 00:00" in shown(hers, older)
    with db.engine.begin() as connection:
        connection.execute(update(Campaign).values(ends_at=now() - 1))
    assert "закончена" in shown(hers)


def test_the_price_is_told_before_anything_is_made(app, hers):
    answer = hers.post("/followed", FORM | {"price": "1", "plan": "sparse"})
    page = unescape(answer.text).replace("\u00a0", " ")
    assert answer.status_code == 200
    assert "поста: измерений в день в среднем 1, запросов к ВКонтакте 1," in page
    assert re.search(r"Измерений в день со всеми вашими кампаниями: 1 из \d", page)
    assert "wall-1_2" in page
    assert count(Campaign) == 0
    app.config["SETTINGS"].most_readings_per_day = 0
    assert "Так не получится" in hers.post("/followed", FORM | {"price": "1"}).text
    assert "больше, чем вам отведено" in hers.post("/followed", FORM).text


def test_every_preset_is_a_plan_in_words(app, hers):
    made(hers, plan="months")
    page = shown(hers)
    for name in plans.PRESETS:
        assert f'value="{name}"' in page
    assert "Только месяцы" in page
    assert placements.MOST_PLACEMENTS == 20_000
