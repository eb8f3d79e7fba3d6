"""A file in the form of `/checks`, and its second step, asked without a browser."""

import io
import re
from html import escape, unescape

import pytest
from sqlalchemy import func, select

from control.imports import storage
from control.imports.turns import TURNS
from control.web import words
from control.web.body_sizes import FILE_BODY, SMALL_BODY
from control.web.engine import db
from crawler.spreadsheets.reading import problems, reader, refusals
from crawler.store.database import now
from crawler.store.models.batches import Batch, Link
from crawler.store.models.imports import Import
from tests.control.conftest import change_link
from tests.control.pages.checks import id_of, made
from tests.control.pages.test_checks import GOOD, HOSTILE
from tests.crawler.spreadsheets.reading.packages import data, row, xlsx
from tests.security.pages import reader as reader_of

KEY = "0" * 32
ROWS = ("Блогер;Ссылка;Цена", f"Анна;{GOOD.format(1)};100", f"Борис;{GOOD.format(2)};=1+1", "Вера;удалён;300")
TABLE = "\n".join(ROWS).encode("cp1251")
ENCRYPTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")


@pytest.fixture
def hers(app):
    return reader_of(app, "anna")


def send(hers, content, called="октябрь.csv", **more):
    form = {"links": "", "name": "Октябрь", "deadline": "24h", "key": KEY, "file": (io.BytesIO(content), called)}
    return hers.post("/checks", form | more, content_type="multipart/form-data")


def sent(hers, content=TABLE, **more):
    answer = send(hers, content, **more)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].partition("?")[0]


def count(table):
    with db.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.mark.process
def test_a_file_becomes_one_check_however_often_its_forms_are_sent(hers):
    path = sent(hers)
    assert sent(hers) == path
    assert count(Import) == 1
    page = unescape(hers.get(f"{path}?name=Октябрь&deadline=24h").text)
    for said in ("октябрь.csv", "windows-1251", "строка 1", "Строк, где ссылки нет: 1.", 'value="Октябрь"'):
        assert said in page
    assert re.findall(r'name="link_column" value="([^"]+)"[^>]* checked', page) == ["Ссылка"]
    assert re.findall(r'name="own" value="([^"]+)"[^>]* checked', page) == ["Блогер", "Цена"]
    form = {"link_column": "Ссылка", "own": ["Цена"], "name": "Октябрь", "deadline": "24h"}
    check = hers.post(path, form).headers["Location"]
    assert hers.post(path, form | {"own": []}).headers["Location"] == check
    assert hers.get(path).headers["Location"] == check
    assert (count(Batch), count(Link)) == (1, 2)
    shown = hers.get(check).text
    assert "<bdi>=1+1</bdi>" in shown
    assert "Борис" not in shown
    assert ">Октябрь</bdi></h1>" in shown


@pytest.mark.process
def test_a_form_that_takes_fresh_readings_makes_no_request_for_them(hers):
    first = made(hers, [GOOD.format(1)])
    change_link(id_of(first), 0, status="done", reading={"views": 4321, "measured_at": now() - 60})
    path = sent(hers, max_age="1h")
    assert re.search(r'<option value="1h"[^>]* selected', hers.get(f"{path}?max_age=1h").text)
    check = hers.post(path, {"link_column": "Ссылка", "deadline": "24h", "max_age": "1h"}).headers["Location"]
    with db.engine.connect() as connection:
        ended = select(Link.views).join(Batch).where(Batch.public_id == id_of(check)).order_by(Link.position)
        assert connection.execute(ended).scalars().all() == [4321, None]


@pytest.mark.process
def test_another_sheet_and_another_header_are_read_again(hers):
    first = ("Июль", data(row(1, "Пост"), row(2, GOOD.format(1)), row(3, GOOD.format(2))))
    second = ("Август", data(row(1, "x", "y"), row(2, GOOD.format(3), escape(HOSTILE))))
    path = sent(hers, xlsx(first, second), name="")
    assert re.findall(r'<option value="(\w+)"[^>]* selected', hers.get(path).text)[:2] == ["Июль", "1"]
    again = hers.get(f"{path}?sheet=Август&header_row=0").text
    assert re.findall(r'name="link_column" value="([^"]+)"[^>]* checked', again) == ["A"]
    assert "<script>" not in again
    hidden = dict(re.findall(r'type="hidden" name="(sheet|header_row)" value="([^"]+)"', again))
    assert hidden == {"sheet": "Август", "header_row": "0"}
    assert "Листа «Сентябрь» в файле нет." in unescape(hers.get(f"{path}?sheet=Сентябрь").text)
    check = hers.post(path, hidden | {"link_column": "A", "own": "B"}).headers["Location"]
    shown = hers.get(check).text
    assert "<script>alert" not in shown
    assert GOOD.format(3) in shown


@pytest.mark.process
@pytest.mark.parametrize(
    ("content", "more", "status", "said"),
    [
        (ENCRYPTED, {}, 422, "защищён паролем"),
        (b"PK\x03\x04" + bytes(100), {}, 422, "повреждён"),
        (TABLE, {"links": "wall-1_1"}, 422, "уберите одно из двух"),
        (TABLE, {"name": HOSTILE}, 422, "до 200 знаков"),
    ],
)
def test_what_cannot_be_taken_is_said_at_the_field(hers, content, more, status, said):
    answer = send(hers, content, **more)
    assert answer.status_code == status
    assert said in answer.text
    assert "<script>alert" not in answer.text
    assert count(Import) == 0


@pytest.mark.process
def test_a_file_that_kills_its_reader_and_one_too_many_at_once(hers, monkeypatch):
    hers.post("/account/choices", {"language": "en", "time_zone": "UTC"})
    monkeypatch.setattr("control.imports.turns.PATIENCE_SECONDS", 0.01)
    with TURNS.take("somebody"), TURNS.take("another"):
        answer = send(hers, TABLE)
    assert answer.status_code == 503
    assert "send it again in 5 seconds" in answer.text
    monkeypatch.setattr(reader, "WALL_SECONDS", 0.001)
    answer = send(hers, TABLE)
    assert answer.status_code == 422
    assert "too much time or memory" in answer.text


@pytest.mark.process
def test_a_column_without_links_is_said_and_the_choice_stays(hers):
    path = sent(hers)
    form = {"link_column": "Блогер", "own": ["Цена"], "name": "x", "deadline": "7d"}
    answer = hers.post(path, form)
    assert answer.status_code == 422
    assert "нет ссылок на посты" in answer.text
    assert re.findall(r'name="(?:link_column|own)" value="([^"]+)"[^>]* checked', answer.text) == ["Блогер", "Цена"]
    assert hers.post(path, form | {"link_column": "нет"}).status_code == 422
    assert count(Batch) == 0


@pytest.mark.process
def test_five_files_wait_and_can_be_deleted(app, hers):
    paths = [sent(hers, TABLE, key=f"{number:032x}") for number in range(storage.MOST_OPEN)]
    answer = send(hers, TABLE, key="f" * 32)
    assert answer.status_code == 409
    assert "до 5 файлов" in answer.text
    his = reader_of(app, "boris")
    for ask in (lambda: his.get(paths[0]), lambda: his.post(paths[0]), lambda: his.post(f"{paths[0]}/delete")):
        assert ask().status_code == 404
    assert "октябрь.csv" not in his.get("/checks/files").text
    assert hers.get("/checks/files").text.count(">октябрь.csv</bdi>") == 5
    assert hers.post(f"{paths[0]}/delete").headers["Location"] == "/checks/files"
    assert hers.get(paths[0]).status_code == 404


def test_a_form_has_one_file(hers):
    two = {"file": [(io.BytesIO(TABLE), "a.csv"), (io.BytesIO(TABLE), "b.csv")], "key": KEY}
    assert hers.post("/checks", two, content_type="multipart/form-data").status_code == 413


def test_the_form_may_be_as_long_as_a_file(app):
    assert app.most_bytes("POST", "/checks") == FILE_BODY
    assert app.most_bytes("GET", "/checks") == app.most_bytes("POST", f"/checks/files/{KEY}") == SMALL_BODY


def test_everything_that_is_said_of_a_file_has_words():
    for language in words.LANGUAGES:
        for code in problems.SENTENCES:
            assert words.has(language, f"files.problems.{code}"), code
        for code in refusals.SENTENCES:
            assert words.has(language, f"files.unreadable.{code}"), code
