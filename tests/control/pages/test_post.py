"""`/checks/<id>/<position>`: a post's curve, its values at ages, and the evidence of every reading."""

import re
import time
from html import unescape

import pytest
from sqlalchemy import insert, select, update

from control.web.engine import db
from crawler.store.models.batches import Batch, Link
from crawler.store.models.posts import KeptReading, Post, Reading
from tests.control.pages.test_checks import id_of, made
from tests.security.pages import reader

NIGHT = 1_793_480_400  # 1 November 2026, 00:00 in Moscow
HOUR = 3600
LINK = "https://vk.com/wall-1_1"


@pytest.fixture
def hers(app):
    return reader(app, "anna")


def store(connection, row, readings, access_key=""):
    """Store readings of a link's post: hours of age and views."""
    same = {"post_id": row.post_id, "access_key": access_key, "likes": 5, "source": "wall.getById 5.199"}
    rows = [
        same
        | {"http_status": 200, "views": views, "asked_at": NIGHT + age * HOUR - 2, "measured_at": NIGHT + age * HOUR}
        for age, views in readings
    ]
    ids = connection.execute(insert(Reading).returning(Reading.id, sort_by_parameter_order=True), rows).scalars().all()
    connection.execute(insert(KeptReading), [{"user_id": row.user_id, "reading_id": id_} for id_ in ids])
    return ids


@pytest.fixture
def measured(hers):
    """A check of one link whose post has these readings: hours of age and views."""

    def make(readings, link=LINK, published_at=NIGHT, access_key="", **more):
        path = made(hers, [link], name="Ноябрь")
        with db.engine.begin() as connection:
            link = select(Link.id, Link.post_id, Batch.user_id).join(Batch, Batch.id == Link.batch_id)
            row = connection.execute(link.where(Batch.public_id == id_of(path))).one()
            connection.execute(update(Post).values(published_at=published_at, **more))
            connection.execute(update(Link).values(access_key=access_key))
            if readings:
                ids = store(connection, row, readings, access_key)
                done = {"status": "done", "reading_id": ids[-1], "views": readings[-1][1]}
                connection.execute(update(Link).where(Link.id == row.id).values(done))
        return path

    return make


def shown(hers, path):
    answer = hers.get(path)
    assert answer.status_code == 200
    return unescape(answer.text)


def test_values_at_ages_are_said_with_their_bounds_and_what_they_rest_on(hers, measured):
    page = shown(hers, f"{measured([(1, 1000), (20, 10_000), (30, 11_000), (24 * 6, 12_000)])}/0")
    said = re.findall(r"<dd>(.*?)</dd><dd class=\"dim\">(.*?)</dd>", page.replace("\u00a0", " "))
    assert said[0] == ("1 000", "точное число")
    assert said[1][0].startswith("≈ 10 ")
    assert said[1][0].endswith(", от 10 000 до 11 000")
    assert said[1][1] == "оценка между измерениями 01.11.2026, 20:00 и 02.11.2026, 05:59"
    assert said[2] == ("не меньше 12 000", "последнее измерение 07.11.2026, 00:00, позже не измеряли")


def test_every_reading_is_there_with_its_evidence_and_what_is_odd(hers, measured):
    page = shown(hers, f"{measured([(1, 1000), (2, 900)])}/0")
    newest, oldest = re.findall('<tr><th scope="row">.*?</tr>', page)
    assert "01.11.2026, 02:00:00" in newest
    assert "01.11.2026, 01:59:58" in newest
    assert "−100" in newest
    assert "wall.getById 5.199" in newest
    assert "счётчик упал" in newest
    assert "счётчик упал" not in oldest
    assert page.count("<circle") == 2
    assert page.count('class="odd"') == 1


@pytest.mark.parametrize(
    ("readings", "more", "said"),
    [
        ([], {}, "Измерений пока нет."),
        ([(1, 7)], {}, "Измерение пока одно"),
        ([(1, 7)], {"access_key": "k"}, "Ссылка с ключом доступа"),
        ([(1, 7)], {"published_at": None}, "просмотров по возрасту нет"),
        ([(1, 7)], {"marked_as_ads": 1, "erids": "2SDnjegvUsB"}, "2SDnjegvUsB"),
        ([(1, 7)], {"published_at": 4_000_000_000}, "ещё рано"),
    ],
)
def test_every_state_is_said_in_words(hers, measured, readings, more, said):
    assert said in shown(hers, f"{measured(readings, **more)}/0")


def test_a_gone_post_keeps_its_history_and_a_bad_link_has_none(hers, measured, set_link):
    path = measured([(1, 700), (2, 800)])
    again = made(hers, [LINK, "https://example.com/x"], name="again")
    set_link(id_of(again), 0, status="failed", reason="deleted")
    page = shown(hers, f"{again}/0")
    assert "Ниже — то, что было измерено раньше." in page
    assert "800" in page
    assert "Все измерения" not in shown(hers, f"{again}/1")
    assert hers.get(f"{again}/2").status_code == 404
    assert "Просмотры: 700 → 800" in shown(hers, path)


def test_a_post_that_was_found_gone_later_says_so(hers, measured, set_link):
    path = measured([(1, 700), (2, 800)])
    gone = "поста больше нет"
    assert gone not in shown(hers, f"{path}/0")
    again = made(hers, [LINK], name="again")
    set_link(id_of(again), 0, status="failed", reason="deleted", finished_at=time.time())
    assert gone in shown(hers, f"{path}/0")


def test_a_page_of_many_readings_is_small_and_leads_to_older_ones(hers, measured):
    path = measured([(number, number) for number in range(1, 251)])
    answer = hers.get(f"{path}/0", headers={"Accept-Encoding": "gzip"})
    assert len(answer.data) < 20_000
    seen, address = [], f"{path}/0"
    while address:
        page = shown(hers, address)
        seen += [int(number) for number in re.findall(r'</time></th><td class="n">(\d+)</td>', page)]
        following = re.search(r'rel="next" href="([^"#]*)', page)
        address = following and following[1]
    assert seen == list(range(250, 0, -1))
    assert hers.get(f"{path}/0?before=x").status_code == 200


def test_anothers_post_is_not_there(app, measured):
    path = measured([(1, 1)])
    assert reader(app, "boris").get(f"{path}/0").status_code == 404
