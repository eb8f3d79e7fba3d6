"""`/followed/<id>` and `/followed/<id>/<position>`: a campaign and its placements, in every state, and what is done."""

import re
from html import unescape

import pytest
from sqlalchemy import select, update

from control.campaigns.plan import Plan
from control.pages import campaign as page_of_campaign
from control.web.engine import db
from crawler.store.models.accounts import User
from crawler.store.models.campaigns import Campaign, Placement
from tests.control.pages import campaigns
from tests.security.pages import CAMPAIGN, FIELDS, reader


@pytest.fixture
def path(app, hers):
    return f"/followed/{make(app)}"


def make(app, **more):
    with db.engine.connect() as connection:
        user_id = connection.execute(select(User.id).where(User.username == "anna")).scalar_one()
    return campaigns.make(app.config["SETTINGS"], user_id, **more)


def shown(hers, path):
    answer = hers.get(path)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text).replace("\u00a0", " ")


def cells(page, position):
    row = re.search(rf'/{position}">{position + 1}</a></td>(.*?)</tr>', page, re.DOTALL)[1]
    return [re.sub("<[^>]+>", " ", cell).strip() for cell in re.findall("<td[^>]*>(.*?)</td>", row, re.DOTALL)]


def test_the_sum_and_every_placement_with_its_numbers(hers, path):
    page = shown(hers, path)
    assert "<dt>Постов с числом</dt><dd>8</dd>" in page
    assert page.count("<circle") > 10
    assert page.count('class="spark"') == 8
    first, third = cells(page, 0), cells(page, campaigns.MISSED)
    assert first[1:7] == ["62", "182", "1 180", "2 331", "2 909", "3 000"]
    assert third[3].startswith("≈")
    assert first[7].split() == ["12", "000", "4,00"]
    for said in ("поста нет", "на паузе", "следить нельзя", "Пропущено: 1 день. Система в это время не работала."):
        assert said in page
    assert "конец месяца" in page


@pytest.mark.parametrize(
    ("query", "there", "gone"),
    [
        ("state=paused", "Блогер 3", "Блогер 1<"),
        ("q=блогер 5", "Блогер 5", "Блогер 1<"),
        ("q=2SDnje00003", "Блогер 4", "Блогер 1<"),
        ("sort=-cost", "Блогер 8", "nothing"),
        ("q=\x00nothing", "Размещений с таким отбором нет", "Блогер 1<"),
        ("sort=x&state=y&cursor=z", "Блогер 1<", "nothing"),
        ("cursor=999999999&sort=cost", "Блогер 1<", "nothing"),
    ],
)
def test_placements_are_filtered_and_sorted(hers, path, query, there, gone):
    page = shown(hers, f"{path}?{query}")
    assert there in page
    assert gone not in page


def test_placements_come_page_by_page(hers, path, monkeypatch):
    monkeypatch.setattr("control.pages.placement_filters.ON_A_PAGE", 4)
    seen, address = [], path
    while address:
        page = shown(hers, address)
        seen += re.findall(rf'<a href="{path}/(\d+)">', page)
        following = re.search('rel="next" href="([^"#]*)', page)
        address = following and following[1]
    assert seen == [str(number) for number in range(9)]


def test_the_curve_of_a_large_campaign_is_drawn_when_asked_for(hers, path, monkeypatch):
    monkeypatch.setattr(page_of_campaign, "QUICK", 5)
    assert "<circle" not in shown(hers, path)
    assert "<circle" in shown(hers, f"{path}?curve=1")


def test_links_are_added(hers, path):
    form = {"links": "https://vk.com/wall-1_77", "check": "", "key": "1" * 32}
    for _ in range(2):
        assert hers.post(f"{path}/placements", form).status_code == 303
    page = shown(hers, path)
    assert page.count("vk.com/wall-1_77</bdi>") == 1
    answer = hers.post(f"{path}/placements", form | {"links": ""})
    assert answer.status_code == 422
    assert "Ссылок нет" in answer.text


def test_a_campaign_is_changed(app, hers):
    path = f"/followed/{make(app, plan=Plan((3600.0,), between=7200.0))}"
    page = shown(hers, path)
    assert "Свой план: Сразу, как добавлен. В возрасте: 1 час." in page
    assert "каждые 2 часа" in page
    form = CAMPAIGN | {"name": "Декабрь", "plan": "", "ends_on": "2030-01-31"}
    assert hers.post(f"{path}/change", form).status_code == 303
    page = shown(hers, path)
    assert "Декабрь" in page
    assert "Свой план" in page
    assert "Следим до 01.02.2030, 00:00" in page
    assert 'type="date" value="2030-01-31"' in page
    hers.post(f"{path}/change", form | {"plan": "months"})
    assert "Только месяцы: Сразу, как добавлен. До и после полуночи" in shown(hers, path)
    answer = hers.post(f"{path}/change", form | {"name": ""})
    assert answer.status_code == 422
    assert "Название — от 1" in answer.text


def test_a_plan_that_does_not_fit_is_refused_after_its_price_was_told(app, hers):
    path = f"/followed/{make(app, plan=Plan((3600.0,)))}"
    form = CAMPAIGN | {"plan": "usual", "price": "1"}
    assert "со всеми вашими кампаниями:" in hers.post(f"{path}/change", form).text
    app.config["SETTINGS"].most_readings_per_day = 1
    page = hers.post(f"{path}/change", CAMPAIGN | {"plan": "usual"})
    assert page.status_code == 409
    assert "возьмите план реже" in page.text
    assert "Обычный: Сразу" not in shown(hers, path)


def test_a_campaign_is_deleted(hers, path):
    assert "Исчезнут 9 размещений" in shown(hers, f"{path}/delete")
    assert hers.post(f"{path}/delete").status_code == 303
    assert hers.get(path).status_code == 404
    with db.engine.connect() as connection:
        assert connection.execute(select(Campaign.id)).all() == []


def test_a_placement_has_its_posts_history_and_what_was_missed(hers, path):
    page = shown(hers, f"{path}/{campaigns.MISSED}")
    assert "Размещение № 4 · <bdi>Блогер 4</bdi>" in page
    assert "Все измерения" in page
    assert "Пропущено: 1 день. Система в это время не работала." in page
    assert page.count("<circle") > 5
    assert "точное число" in page
    assert "ВКонтакте говорит, что поста нет" in shown(hers, f"{path}/{campaigns.GONE}")
    missed = shown(hers, f"{path}/missed")
    assert f'href="{path}/{campaigns.MISSED}">4</a>' in missed
    assert "Пропущено: 1 день. Система в это время не работала." in missed
    assert f'href="{path}/missed"' in shown(hers, path)
    bad = shown(hers, f"{path}/8")
    assert "следить нельзя" in bad
    assert "Все измерения" not in bad
    assert "Поставить на паузу" not in bad


def test_a_placement_is_changed(hers, path):
    form = FIELDS | {"cost": "9 999,50", "date": "31.10.2026", "baseline": "1 200", "ends_on": "2030-01-31"}
    assert hers.post(f"{path}/0/change", form).status_code == 303
    with db.engine.connect() as connection:
        row = connection.execute(select(Placement.__table__).where(Placement.position == 0)).one()
    assert (row.blogger, row.cost, row.date, row.baseline) == ("Anna", 999_950, "2026-10-31", 1_200)
    page = shown(hers, f"{path}/0")
    assert 'value="9999.50"' in page
    assert 'value="2030-01-31"' in page
    hers.post(f"{path}/0/change", dict.fromkeys(FIELDS, ""))
    with db.engine.connect() as connection:
        row = connection.execute(select(Placement.__table__).where(Placement.position == 0)).one()
    assert (row.blogger, row.cost, row.erid, row.ends_at) == (None, None, None, None)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("cost", "Цена не понята"),
        ("erid", "Это не erid"),
        ("baseline", "Число просмотров не понято"),
        ("date", "Дата не понята"),
        ("ends_on", "Последний день — дата"),
    ],
)
def test_a_field_that_is_not_understood_is_said(hers, path, field, said):
    answer = hers.post(f"{path}/0/change", FIELDS | {field: "ы"})
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="ы"' in answer.text
    with db.engine.connect() as connection:
        kept = select(Placement.blogger).where(Placement.position == 0)
        assert connection.execute(kept).scalar_one() == "Блогер 1"


def test_a_placement_is_paused_goes_on_and_is_removed(app, hers, path):
    assert hers.post(f"{path}/0/pause", {"paused": "1"}).status_code == 303
    page = shown(hers, f"{path}/0")
    assert "Следить дальше" in page
    hers.post(f"{path}/0/pause", {"paused": "0"})
    assert "Поставить на паузу" in shown(hers, f"{path}/0")
    app.config["SETTINGS"].most_links_per_day = 1
    hers.post(f"{path}/0/pause", {"paused": "1"})
    answer = hers.post(f"{path}/0/pause", {"paused": "0"})
    assert answer.status_code == 429
    assert "на сегодня кончились" in answer.text
    assert "Закрытые отчёты не изменятся" in shown(hers, f"{path}/0/delete")
    assert hers.post(f"{path}/0/delete").status_code == 303
    assert hers.get(f"{path}/0").status_code == 404


def test_another_users_campaign_is_not_there(app, path):
    his = reader(app, "boris")
    for there in (path, f"{path}/0", f"{path}/delete", f"{path}/0/delete"):
        assert his.get(there).status_code == 404
    for there in (f"{path}/placements", f"{path}/change"):
        assert his.post(there, CAMPAIGN | {"links": "wall-1_1", "key": "k"}).status_code == 404
    for there in (f"{path}/delete", f"{path}/0/change", f"{path}/0/pause", f"{path}/0/delete"):
        assert his.post(there, FIELDS).status_code == 404


def test_a_view_of_many_placements_is_small(app, hers):
    path = f"/followed/{make(app, posts=60)}"
    answer = hers.get(path, headers={"Accept-Encoding": "gzip"})
    assert len(answer.data) < 10_000


def test_a_campaign_in_a_zone_of_its_own_says_so(hers, path):
    with db.engine.begin() as connection:
        connection.execute(update(Campaign).values(time_zone="Asia/Omsk"))
    assert "Дни и месяцы — по времени Asia/Omsk." in shown(hers, path)
