"""Files that break programs: the child alone is harmed, and the sender is told in words."""

import json
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from types import SimpleNamespace

import pytest

from crawler.spreadsheets.reading import child, reader
from crawler.spreadsheets.reading.refusals import BROKEN, FileRefused
from tests.crawler.spreadsheets.reading.packages import SPREADSHEET, data, row, xlsx, zipped

pytestmark = pytest.mark.process

PROTECTED = Path(__file__).parent / "protected"
LINK = "https://vk.com/wall-1_{}"
CORNERS = (
    '<row r="1"><c r="A1"><v>1</v></c></row>'
    '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
)  # https://github.com/tafia/calamine/issues/693


def read(content, folder, **named):
    with TemporaryFile() as file:
        file.write(content)
        file.flush()
        with reader.read(file, folder, **named) as found:
            return found.understood, list(found.rows())


@pytest.fixture
def folder(tmp_path):
    """Where the child's working files lie: nothing of them is ever seen there."""
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


LONG = 220_000_000
MULTIPLIED = "".join(f'<!ENTITY a{at} "{f"&a{at - 1};" * 10 if at else "x" * 10}">' for at in range(12))


@cache
def long_string():
    """A text of 220 MB that takes 200 KB in the file."""
    strings = f"<si><t>{'a' * LONG}</t></si>"
    return xlsx(("S", data('<row r="1"><c t="s"><v>0</v></c></row>')), strings=strings)


def lying_package():
    """The same, and the zip says that it takes 100 bytes unpacked."""
    size = LONG + len(f'<sst xmlns="{SPREADSHEET}"><si><t></t></si></sst>')
    lies = long_string().replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lies != long_string()
    return lies


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(lambda: xlsx(("S", data(CORNERS))), "too far apart", id="cells at both corners"),
        pytest.param(long_string, "200 MB", id="a long string"),
        pytest.param(lying_package, "damaged|too much", id="a zip that lies"),
        pytest.param(lambda: b"PK\x03\x04" + bytes(1000), "damaged", id="no zip"),
        pytest.param(lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3000), r"\.", id="no ole"),
        pytest.param(
            lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "password",
            id="encrypted",
        ),
    ],
)
def test_what_would_harm_is_refused_in_words(content, words, folder):
    with pytest.raises(FileRefused, match=words):
        read(content(), folder)


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_what_is_protected_by_a_password_is_said_to_be(kind, folder):
    """As LibreOffice 7.4 saves them under the password `secret`."""
    with pytest.raises(FileRefused, match="password"):
        read((PROTECTED / f"file.{kind}").read_bytes(), folder)


def test_what_newer_programs_save_under_a_password(folder):
    with pytest.raises(FileRefused, match="password"):
        read(zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "encrypted-package": "x"}), folder)


def test_entities_that_multiply_are_not_expanded(folder):
    content = f'<?xml version="1.0"?><!DOCTYPE x [{MULTIPLIED}]><x>&a11;</x>'
    with pytest.raises(FileRefused, match=r"\."):
        read(zipped({"content.xml": content}), folder)


def ods(table):
    return zipped(
        {"content.xml": f'<x xmlns:table="t" xmlns:text="x"><table:table table:name="L">{table}</table:table></x>'}
    )


@pytest.mark.parametrize("times", ["many", "9" * 5000, "1.5"])
def test_a_count_that_is_none(folder, times):
    cell = f'<table:table-cell table:number-columns-repeated="{times}"><text:p>a</text:p></table:table-cell>'
    with pytest.raises(FileRefused, match="damaged"):
        read(ods(f"<table:table-row>{cell}</table:table-row>"), folder)


@pytest.mark.parametrize("entities", [MULTIPLIED, '<!ENTITY a11 SYSTEM "file:///etc/passwd">'])
def test_entities_of_xlsx_are_not_expanded(folder, entities):
    strings = f'<?xml version="1.0"?><!DOCTYPE x [{entities}]><sst xmlns="{SPREADSHEET}"><si><t>&a11;</t></si></sst>'
    sheet = data(row(1, LINK.format(1)), '<row r="2"><c t="s"><v>0</v></c></row>')
    with pytest.raises(FileRefused, match="damaged"):
        read(xlsx(("S", sheet), more={"xl/sharedStrings.xml": strings}), folder)


def test_a_link_over_the_whole_sheet_is_refused(folder):
    links = '<hyperlinks><hyperlink ref="A1:XFD1048576" r:id="link0"/></hyperlinks>'
    with pytest.raises(FileRefused, match="too much"):
        read(xlsx(("S", data(row(1, "a")) + links), links=[LINK.format(1)]), folder)


def test_cells_that_have_only_a_look_are_none(folder):
    empty = '<c s="1"/>' * 100
    rows = "".join(f'<row r="{at}">{empty}</row>' for at in range(2, 2_000))
    styles = f'<styleSheet xmlns="{SPREADSHEET}"><cellXfs count="999999999">{"<xf/>" * 200_000}</cellXfs></styleSheet>'
    book = xlsx(("S", data(row(1, LINK.format(1)), rows)), more={"xl/styles.xml": styles})
    assert read(book, folder)[0]["rows"] == 1


def test_an_ods_cell_that_is_repeated_for_ever(folder):
    cell = '<c table:number-columns-repeated="16000"><text:p>a</text:p></c>'.replace("c ", "table:table-cell ", 1)
    cell = cell.replace("</c>", "</table:table-cell>")
    rows = f'<table:table-row table:number-rows-repeated="1000000">{cell}</table:table-row>'
    content = f'<x xmlns:table="t" xmlns:text="x"><table:table table:name="L">{rows}</table:table></x>'
    with pytest.raises(FileRefused, match="cells"):
        read(zipped({"content.xml": content}), folder)


def test_a_text_shared_by_many_cells_is_read(folder):
    cells = '<c t="s"><v>0</v></c>' * 30
    rows = "".join(f'<row r="{at}"><c t="s"><v>1</v></c>{cells}</row>' for at in range(1, 10_001))
    strings = f"<si><t>{'одно и то же ' * 3}</t></si><si><t>{LINK.format(1)}</t></si>"
    understood, found = read(xlsx(("S", data(rows)), strings=strings), folder, rows=True)
    assert (understood["rows"], understood["links"], len(found)) == (10_000, 10_000, 10_000)


def test_own_columns_that_take_too_much_are_refused(folder):
    cells = '<c t="s"><v>0</v></c>' * 40
    rows = "".join(f'<row r="{at}"><c t="s"><v>1</v></c>{cells}</row>' for at in range(1, 2_001))
    strings = f"<si><t>{'a' * 1000}</t></si><si><t>{LINK.format(1)}</t></si>"
    with pytest.raises(FileRefused, match="64 MiB"):
        read(xlsx(("S", data(rows)), strings=strings), folder, rows=True)


class Panic(BaseException):
    """As a library in Rust panics: no Exception."""


def test_a_library_that_panics_says_that_the_file_is_damaged(monkeypatch):
    def panic(*_):
        raise Panic

    for name, value in (("limit", int), ("_answer", panic)):
        monkeypatch.setattr(child, name, value)
    answer = BytesIO()
    monkeypatch.setattr(child.sys, "argv", ["child", "{}"])
    monkeypatch.setattr(child.sys, "stdin", SimpleNamespace(buffer=BytesIO()))
    monkeypatch.setattr(child.sys, "stdout", SimpleNamespace(buffer=answer))
    child.main()
    assert json.loads(answer.getvalue())["refused"][0] == BROKEN


def test_a_child_that_takes_too_long_is_ended(folder, monkeypatch):
    monkeypatch.setattr(reader, "WALL_SECONDS", 0.01)
    with pytest.raises(FileRefused, match="too much time"):
        read(b"a;b", folder)


def test_nothing_of_our_environment_reaches_the_child(folder, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "secret")
    code = "import os, sys; sys.stdout.write(str({'understood': {'seen': 'SECRET_KEY' in os.environ}}).lower()"
    code += ".replace(chr(39), chr(34)) + chr(10))"
    monkeypatch.setattr(reader, "CHILD", (reader.CHILD[0], "-c", code))
    assert read(b"", folder)[0] == {"seen": False}


@pytest.mark.parametrize("cut", [1, 10, 40, 100, 400])
def test_a_file_that_ends_too_early(folder, cut):
    with pytest.raises(FileRefused, match=r"\."):
        read(xlsx(("S", data(row(1, LINK.format(1)))))[:-cut], folder)


def test_a_broken_member_of_a_zip(folder):
    whole = xlsx(("S", data(row(1, LINK.format(1)))))
    at = whole.index(b"xl/worksheets/sheet1.xml") + 30
    with pytest.raises(FileRefused, match=r"\."):
        read(whole[:at] + b"\xff" * 20 + whole[at + 20 :], folder)
