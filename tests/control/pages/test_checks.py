"""`/checks` and `/checks/<id>`, asked without a browser."""

import json
import re
from html import unescape

import pytest
from sqlalchemy import func, select

from control.batches import pasted
from control.web.engine import db
from crawler.store.models.batches import Batch, Link
from tests.control.pages.checks import GOOD, id_of, made, send
from tests.security.pages import reader

HOSTILE = '<script>alert(1)</script>"onmouseover=\u202ex'


def count(of=Batch):
    with db.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(of)).scalar_one()


PASTED = [
    ("https://vk.com/wall-1_1\r\n\r\n  wall-1_2  \nspam", ["https://vk.com/wall-1_1", "wall-1_2", "spam"]),
    ("Пост (https://vk.com/wall-1_1), и ещё vk.com/clip-1_2.", ["https://vk.com/wall-1_1", "vk.com/clip-1_2"]),
    ("Анна\thttps://vk.com/wall-1_1?w=wall-1_2\t500 ₽", ["https://vk.com/wall-1_1?w=wall-1_2"]),
    ("no link here", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "links"), PASTED)
def test_links_are_taken_out_of_pasted_text(text, links):
    assert pasted.links(text) == links


def test_20_000_pasted_links_make_a_check_however_often_the_form_is_sent(hers):
    links = [GOOD.format(item) for item in range(1, 20_001)]
    path = made(hers, links, name="Ноябрь")
    assert made(hers, links, name="Ноябрь") == path
    assert count(Link) == 20_000
    assert made(hers, links[:1]) != path
    assert "Ноябрь" in hers.get("/checks?q=ноябрь").text


@pytest.mark.parametrize(
    ("links", "more", "said"),
    [
        ([" two words "], {}, "хотя бы одну"),
        ([GOOD.format(1)], {"name": HOSTILE}, "до 200 знаков"),
        (["x"] * 100_001, {}, "100\u00a0001"),
    ],
)
def test_what_cannot_be_taken_stays_in_the_form(hers, links, more, said):
    answer = send(hers, links, **more)
    assert answer.status_code == 422
    shown = unescape(answer.text)
    assert said in shown
    assert links[0] in shown
    assert "<script>alert" not in answer.text
    assert count() == 0


def test_a_check_is_repeated_once_and_deleted(hers):
    path = made(hers, [GOOD.format(1), "spam"], name="Ноябрь")
    hers.post(f"{path}/stop")
    again = hers.post(f"{path}/retry", {"key": "1" * 32}).headers["Location"]
    assert hers.post(f"{path}/retry", {"key": "1" * 32}).headers["Location"] == again
    assert "Ноябрь" in hers.get(again).text
    assert hers.post(f"{again}/retry", {"key": "2" * 32}).status_code == 422
    assert "Исчезнут 2 ссылки" in hers.get(f"{path}/delete").text
    assert hers.post(f"{path}/delete").headers["Location"] == "/checks"
    assert hers.get(path).status_code == 404
    assert hers.post(f"{again}/name", {"name": "Декабрь"}).status_code == 303
    assert "Декабрь" in hers.get(again).text


def test_a_check_measured_again_shows_what_was_then_and_how_it_has_grown(hers, set_link):
    path = made(hers, [GOOD.format(item) for item in (1, 2, 3)], name="Ноябрь")
    for position, views in ((0, 1000), (1, 50)):
        set_link(id_of(path), position, status="done", reading={"views": views})
    hers.post(f"{path}/stop")
    again = hers.post(f"{path}/repeat", {"key": "1" * 32}).headers["Location"]
    assert hers.post(f"{path}/repeat", {"key": "1" * 32}).headers["Location"] == again
    for position, views in ((0, 3500), (1, 40), (2, 7)):
        set_link(id_of(again), position, status="done", reading={"views": views})
    hers.post(f"{again}/stop")
    text = hers.get(again).text
    assert f'href="{path}"' in text
    rows = [re.findall(r'<td class="n">([^<]*)</td>', row) for row in text.split("<tr>")[-3:]]
    assert [row[1:4] for row in rows] == [
        ["1\u00a0000", "3\u00a0500", "+2\u00a0500"],
        ["50", "40", "\u221210"],
        ["—", "7", "—"],
    ]
    assert "<dd>+2\u00a0490</dd>" in text
    assert text.count("счётчик упал") == 1
    hers.post(f"{path}/delete")
    assert "Прирост" not in hers.get(again).text


def test_numbers_that_are_there_are_taken_where_the_form_says_so(hers, set_link):
    set_link(id_of(made(hers, [GOOD.format(1)])), 0, status="done", reading={"views": 7})
    assert hers.get(made(hers, [GOOD.format(1)], max_age="1h", key="1" * 32)).text.count("Готово") >= 1
    with db.engine.connect() as connection:
        closed = connection.execute(select(Batch.closed_at.is_not(None)).order_by(Batch.id)).scalars().all()
    assert closed == [False, True]


def test_the_table_is_sorted_filtered_and_paged_by_links(hers, set_link):
    path = made(hers, [GOOD.format(item) for item in range(1, 121)])
    for position, views in enumerate([5, 7, 0]):
        set_link(id_of(path), position, status="done", reading={"views": views})

    def numbers(address):
        return [int(number) for number in re.findall(r'<tr><td class="n">(\d+)</td>', hers.get(address).text)]

    assert numbers(path) == list(range(1, 101))
    assert numbers(f"{path}?sort=-views")[:4] == [2, 1, 3, 4]
    assert numbers(f"{path}?q=wall-1_12&sort=-position") == [120, 12]
    assert numbers(f"{path}?cursor=99") == list(range(101, 121))
    assert numbers(f"{path}?cursor=v&sort=x&status=y&reason=z") == list(range(1, 101))
    assert "Нет строк" in hers.get(f"{path}?q=nothing").text
    following = re.search(r'rel="next" href="([^"#]*)', hers.get(f"{path}?sort=-views").text)
    assert numbers(unescape(following[1])) == list(range(101, 121))


def test_a_poll_is_small_and_says_nothing_new_twice(hers, set_link):
    path = made(hers, [GOOD.format(1), GOOD.format(2)], name="x" * 100)
    first = hers.get(f"{path}/progress")
    assert len(first.data) + len(first.headers["ETag"]) <= 500
    again = hers.get(f"{path}/progress", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    set_link(id_of(path), 0, status="done", reading={"views": 1})
    news = json.loads(hers.get(f"{path}/progress", headers={"If-None-Match": first.headers["ETag"]}).data)
    assert (news["done"], news["over"], news["texts"]["count"]) == (1, False, "1 из 2")


@pytest.mark.parametrize("what", ["", "/progress", "/stop", "/delete"])
def test_anothers_check_is_not_there(app, hers, what):
    path = made(hers, [GOOD.format(1)])
    assert reader(app, "boris").get(path + what).status_code == 404


def test_hostile_links_are_shown_as_text(hers):
    path = made(hers, [f"https://vk.com/{HOSTILE}".replace(" ", ""), "javascript:alert(1)", "x" * 10_000])
    page = hers.get(path).text
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert len(page) < 60_000
