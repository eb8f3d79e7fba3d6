"""`/followed/<id>/<month>/evidence/<position>`: what a number of a month rests on."""

import re
from html import unescape

import pytest
from sqlalchemy import insert, select, update

from control.web.engine import db
from crawler.store.models.accounts import User
from crawler.store.models.campaigns import Campaign, FollowedPost
from crawler.store.models.posts import Post, Wall
from tests.control.routes.test_months import DAY, ERID, LAST, LINKS, OLDER, close, followed, read
from tests.security.pages import log_in, reader

AGO = 180  # seconds before and after midnight


@pytest.fixture
def campaign(anna):
    made = followed(anna)
    with db.engine.begin() as connection:
        connection.execute(update(Campaign).values(time_zone="Europe/Moscow", name="Ноябрь <b>"))
        connection.execute(update(Post).where(Post.key == "wall-1_1").values(owner=-1, erids=ERID))
        connection.execute(insert(Wall).values(platform="vk", owner=-1, name="Котики", seen_at=0))
    for end, views in ((OLDER.end, 100), (LAST.end, 25_000)):
        midnight = end - 3 * 3600
        read(midnight - AGO, views)
        read(midnight + AGO, views + 10)
    return made


@pytest.fixture
def hers(app, anna, campaign):
    with db.engine.connect() as connection:
        user_id = connection.execute(select(User.id).where(User.username == "anna")).scalar_one()
    return log_in(app, user_id)


def show(hers, campaign, month=LAST, position=0):
    answer = hers.get(f"/followed/{campaign}/{month.name}/evidence/{position}")
    assert answer.status_code == 200
    return unescape(answer.text).replace("\u00a0", " ")


def test_both_sides_of_both_ends_are_there_in_moscow_time_with_their_source(hers, campaign):
    page = show(hers, campaign)
    rows = [re.sub("<.*?>", "|", row) for row in re.findall("<tr>.*?</tr>", page) if "wall.getById" in row]
    assert len(rows) == 4
    times = [(time, count) for row in rows for count, time in [(re.findall(r"\|([\d ]+)\|", row)[0], row)]]
    assert [count for _, count in times] == ["100", "110", "25 000", "25 010"]
    first = LAST.name[5:] + "." + LAST.name[:4]
    for row, said in zip(rows, ("23:57:00", "00:03:00", "23:57:00", "00:03:00"), strict=True):
        assert said in row
        assert "wall.getById 5.199" in row
        assert "200" in row
    assert "Начало периода: <time" in page
    assert f">01.{first}, 00:00:00</time>" in page
    assert "24 900 просмотров" in page
    assert "Время московское" in page


def test_who_and_what_it_is_about(hers, campaign):
    page = show(hers, campaign)
    for text in ("Котики", "https://vk.com/club1", ERID, "Ноябрь <b>", LINKS[0], "№ 1", f"01.{LAST.name[5:]}"):
        assert text in page
    assert "<b></bdi>" not in page.replace("Ноябрь <b></bdi>", "")


def test_it_says_whether_the_month_is_closed(anna, hers, campaign):
    assert "Месяц не закрыт" in show(hers, campaign)
    assert close(anna, campaign, LAST).status_code == 200
    assert "Месяц закрыт (закрытие 1)" in show(hers, campaign)
    assert "Месяц ещё идёт" in show(hers, campaign, LAST._replace(name=LAST.after))


def test_what_is_not_known_is_said(hers, campaign):
    page = show(hers, campaign, position=1)
    assert "Числа нет" in page
    assert "Пост никто не измерял" in page
    assert page.count("измерения нет") >= 4


def test_another_zone_and_a_post_that_is_gone(hers, campaign):
    with db.engine.begin() as connection:
        connection.execute(update(Campaign).values(time_zone="Asia/Omsk"))
        connection.execute(update(FollowedPost).values(missing_at=LAST.begin + DAY, missing_times=3))
    page = show(hers, campaign)
    assert "полночь пояса Asia/Omsk" in page
    assert "Поста нет с" in page


def test_the_same_in_english(hers, campaign):
    hers.client.set_cookie("language", "en")
    answer = hers.get(f"/followed/{campaign}/{LAST.name}/evidence/0", headers={"Accept-Language": "en"})
    assert "Certificate of views" in answer.text
    assert "24,900 views" in answer.text


@pytest.mark.parametrize("path", ["2026-13/evidence/0", "october/evidence/0", f"{LAST.name}/evidence/9"])
def test_what_there_is_not_is_not_found(hers, campaign, path):
    assert hers.get(f"/followed/{campaign}/{path}").status_code == 404


def test_anothers_is_not_there(app, hers, campaign):
    stranger = reader(app, "stranger")
    assert stranger.get(f"/followed/{campaign}/{LAST.name}/evidence/0").status_code == 404
