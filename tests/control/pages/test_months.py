"""`/followed/<id>/<month>` and `/reports`: the report of a month in every state, closed and reopened; what is told."""

import json
import re
from datetime import datetime
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, insert, select

from control.pages import month as page_of_month
from control.web.engine import db
from crawler.store.models.accounts import User
from crawler.store.models.campaigns import Campaign
from crawler.store.models.events import Event
from crawler.store.models.posts import Reading
from tests.control.pages import campaigns
from tests.control.pages.test_campaign import shown
from tests.security.pages import reader


def month_of(days_ago):
    """A month's name by how many days ago it was: the campaign was made forty days ago."""
    moment = datetime.now(ZoneInfo("Europe/Moscow")).timestamp() - days_ago * 86_400
    return datetime.fromtimestamp(moment, ZoneInfo("Europe/Moscow")).strftime("%Y-%m")


PRESENT, FIRST = month_of(0), month_of(campaigns.SINCE_DAYS)


@pytest.fixture
def campaign(app, hers):
    with db.engine.connect() as connection:
        user_id = connection.execute(select(User.id).where(User.username == "anna")).scalar_one()
    return f"/followed/{campaigns.make(app.config['SETTINGS'], user_id)}"


def test_a_month_that_goes_on_has_numbers_as_of_now_and_no_button(hers, campaign):
    page = shown(hers, f"{campaign}/{PRESENT}")
    assert "числа на сейчас" in page
    assert "Закрыть месяц можно, когда он кончится." in page
    assert "/close" not in page
    answer = hers.post(f"{campaign}/{PRESENT}/close")
    assert answer.status_code == 409
    assert "Месяц ещё не кончился." in answer.text


def test_a_month_that_is_over_says_what_is_not_measured_before_it_is_closed(hers, campaign):
    page = shown(hers, f"{campaign}/{FIRST}")
    assert "1 размещение без поста" in page
    assert "от " in page
    assert "CPV" in page
    sure = shown(hers, re.search(r'href="([^"]*/close)"', page)[1])
    assert "1 размещение без поста" in sure
    assert hers.post(f"{campaign}/{FIRST}/close").status_code == 303
    closed = shown(hers, f"{campaign}/{FIRST}")
    assert "Месяц закрыт." in closed
    assert "закрыл(а) anna. Эти числа не меняются." in closed
    assert f"{FIRST}/close" not in closed
    with db.engine.begin() as connection:
        connection.execute(delete(Reading))
    rows = re.findall("<tr>.*?</tr>", closed, re.DOTALL)
    assert re.findall("<tr>.*?</tr>", shown(hers, f"{campaign}/{FIRST}"), re.DOTALL) == rows


def test_a_closed_month_is_reopened_with_a_reason_and_its_version_stays(hers, campaign):
    hers.post(f"{campaign}/{FIRST}/close")
    for reason in ("", " ", "x" * 1001, "a\u200bb"):
        answer = hers.post(f"{campaign}/{FIRST}/reopen", {"reason": reason})
        assert answer.status_code == 422
        assert "Напишите почему" in answer.text
    assert hers.post(f"{campaign}/{FIRST}/reopen", {"reason": "<b>erid</b>"}).status_code == 303
    page = hers.get(f"{campaign}/{FIRST}").text
    assert "открыт снова" in page
    assert "&lt;b&gt;erid&lt;/b&gt;" in page
    version = re.search(r'href="([^"]*version=1[^"]*)"', page)[1].partition("#")[0]
    assert "Это версия 1" in shown(hers, unescape(version))
    assert hers.get(f"{campaign}/{FIRST}?version=2").status_code == 404
    answer = hers.post(f"{campaign}/{FIRST}/reopen", {"reason": "again"})
    assert answer.status_code == 409
    assert "Этот месяц не закрыт." in answer.text


def test_a_report_leads_to_its_files_and_to_the_evidence_of_each_number(hers, campaign):
    page = shown(hers, f"{campaign}/{FIRST}")
    there = f"{campaign}/{FIRST}"
    for place in ("file", "forms/vk", "forms/ozon?format=csv", "evidence/0"):
        assert f'href="{there}/{place}"' in page
        with hers.get(f"{there}/{place}") as answer:
            assert answer.status_code == 200
    assert f'action="{there}/exports"' in shown(hers, f"{there}?ask=file")


def test_posts_without_a_number_are_listed_alone(hers, campaign):
    with db.engine.begin() as connection:
        connection.execute(delete(Reading))
    page = shown(hers, f"{campaign}/{PRESENT}?only=unmeasured")
    assert "Размещения без числа" in page
    assert "К концу месяца измерений нет" in page


def test_rows_come_page_by_page(hers, campaign, monkeypatch):
    monkeypatch.setattr(page_of_month, "ON_A_PAGE", 3)
    seen, address = [], f"{campaign}/{PRESENT}"
    while address:
        page = shown(hers, address)
        seen += re.findall(rf'<a href="{campaign}/(\d+)">', page)
        following = re.search('rel="next" href="([^"#]*)', page)
        address = following and following[1]
    assert seen == [str(number) for number in range(8)]


def test_a_large_month_is_added_up_when_asked_for(hers, campaign, monkeypatch):
    monkeypatch.setattr(page_of_month, "QUICK", 5)
    page = shown(hers, f"{campaign}/{PRESENT}")
    assert "CPV" not in page
    assert "CPV" in shown(hers, re.search(r'href="([^"#]*sum=1)', page)[1])


@pytest.mark.parametrize("month", ["2026-13", "october", "2026-1", "20261-1", "1999-10"])
def test_what_is_no_month_is_not_there(hers, campaign, month):
    assert hers.get(f"{campaign}/{month}").status_code == 404
    assert hers.get(f"{campaign}/{month}/close").status_code == 404
    assert hers.post(f"{campaign}/{month}/close").status_code == 404
    assert hers.post(f"{campaign}/{month}/reopen", {"reason": "x"}).status_code == 404


def test_another_users_month_is_not_there(app, campaign):
    his = reader(app, "boris")
    for there in (f"{campaign}/{FIRST}", f"{campaign}/{FIRST}/close"):
        assert his.get(there).status_code == 404
    for there in (f"{campaign}/{FIRST}/close", f"{campaign}/{FIRST}/reopen"):
        assert his.post(there, {"reason": "x"}).status_code == 404


def test_all_months_of_all_campaigns_are_listed(hers, campaign):
    hers.post(f"{campaign}/{FIRST}/close")
    page = shown(hers, "/reports")
    assert f'href="{campaign}/{PRESENT}"' in page
    assert re.search(rf'href="{campaign}/{FIRST}">[^<]*</a> <span class="s-done">', page)
    assert f'href="{campaign}/{FIRST}"' in shown(hers, campaign)


def test_the_sum_of_a_closed_month_is_listed_and_that_of_another_is_not(hers, campaign):
    there = f'href="{campaign}/{FIRST}"'
    closed = next(line for line in shown(hers, campaign).splitlines() if there in line)
    assert "просмотр" not in closed
    hers.post(f"{campaign}/{FIRST}/close")
    views = re.search(r"<dd>([^<]+)</dd>", shown(hers, f"{campaign}/{FIRST}"))[1]
    for page in ("/reports", campaign):
        (closed,) = [line for line in shown(hers, page).splitlines() if there in line]
        assert re.search(rf"закрыт</span> <span class=\"dim\">· {re.escape(views)} просмотр", closed)


def test_before_the_first_campaign_there_are_no_reports(hers):
    assert "Отчётов ещё нет" in shown(hers, "/reports")


TOLD = {
    "month_ready": ({"month": FIRST}, -1, "отчёт можно закрыть"),
    "post_gone": ({"last_seen_at": None}, 1, "пост пропал раньше срока"),
    "post_gone, seen before": ({"last_seen_at": 0.0}, 1, "01.01.1970, 03:00 он ещё был, 01.01.1970, 03:00 его уже нет"),
    "views_fell": ({"views_before": 5000, "views": 4000}, 2, "счётчик упал: было 5 000, стало 4 000"),
    "erid_lost": ({"erids": []}, 3, "из поста пропал erid"),
}


@pytest.mark.parametrize("kind", TOLD)
def test_what_users_are_told_is_on_the_page(app, hers, campaign, kind):
    details, position, said = TOLD[kind]
    with db.engine.begin() as connection:
        of = connection.execute(select(Campaign.id, Campaign.user_id)).one()
        about = {
            "user_id": of.user_id,
            "campaign_id": of.id,
            "position": position,
            "kind": kind.partition(",")[0],
            "fact": "f",
        }
        connection.execute(insert(Event).values(**about, at=1.0, details=json.dumps(details)))
    place = f"{campaign}/{FIRST}" if position == -1 else f"{campaign}/{position}"
    for page in (shown(hers, "/followed"), shown(hers, campaign)):
        assert said in page
        assert f'<a href="{place}">' in page
    assert said not in shown(reader(app, "boris"), "/followed")
