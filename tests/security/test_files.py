"""T36 and T37 for files: whatever is in a user's file, or names it, is data in every file that we write of it."""

import csv
import io
import json
import zipfile

import pytest
from openpyxl import load_workbook
from werkzeug.http import parse_options_header

from crawler.spreadsheets.writing.marks import unmark

LINK = "https://vk.com/wall-1_{}"
FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", '=HYPERLINK("https://evil.example","x")', "＝1"]
NUMBERS = ["-5", "+7", "-1 234,50"]
MARKUP = ['"><script>alert(1)</script>', "javascript:alert(1)", '"onmouseover=alert(1)', "</t></is><f>1+1</f>"]
CELLS = [*FORMULAS, *NUMBERS, *MARKUP, 'a"b', "две\nстроки", "a;b,c\td"]
FORMATS = ("csv", "ndjson", "xlsx")


@pytest.fixture
def batch(anna):
    """The batch of a file whose headings and cells are hostile; its links are in the middle."""
    file = io.StringIO(newline="")
    table = csv.writer(file, delimiter=";")
    table.writerow([*CELLS[::-1], "Ссылка"])
    table.writerows([*CELLS[place:], *CELLS[:place], LINK.format(place + 1)] for place in range(len(CELLS)))
    sent = {"file": (io.BytesIO(file.getvalue().encode()), '"><script>alert(1)</script>.csv')}
    made = anna.post("/imports", data=sent)
    assert made.status_code == 201, made.text
    accepted = anna.post(f"/imports/{made.json['id']}/accept", json={})
    assert (accepted.status_code, accepted.json["accepted"]) == (202, len(CELLS))
    return accepted.json["id"]


def fetch(client, batch, form, **query):
    answer = client.get(f"/batches/{batch}/links", query_string={"format": form, **query}, buffered=True)
    assert answer.status_code == 200, answer.text
    return answer


def named(heading):
    """As headings are understood: white space in them is one blank."""
    return " ".join(heading.split())


@pytest.mark.process
@pytest.mark.parametrize(("profile", "delimiter"), [("excel", ";"), ("plain", ",")])
def test_T37_csv_is_marked_where_it_would_be_run_and_quoted_where_that_is_needed(anna, batch, profile, delimiter):
    text = fetch(anna, batch, "csv", profile=profile).data.decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    own = len(CELLS)
    assert [unmark(cell) for cell in header[:own]] == [named(cell) for cell in CELLS[::-1]]
    for place, row in enumerate(rows):
        assert [unmark(cell) for cell in row[:own]] == [*CELLS[place:], *CELLS[:place]]
        assert all(cell in NUMBERS or cell[0] not in "=+-@＝\t\r" for cell in row if cell)
    assert set(NUMBERS) <= set(rows[0])
    assert f"{delimiter}'=1+1{delimiter}" in text
    assert '"a;b,c\td"' in text


@pytest.mark.process
def test_T37_ndjson_has_every_text_as_it_was(anna, batch):
    rows = [json.loads(line) for line in fetch(anna, batch, "ndjson").text.splitlines()]
    for place, row in enumerate(rows):
        assert list(row["own"].values()) == [*CELLS[place:], *CELLS[:place]]


@pytest.mark.process
def test_T37_xlsx_has_only_texts_and_no_formula_no_link_and_no_markup_of_theirs(anna, batch):
    data = fetch(anna, batch, "xlsx").data
    book = load_workbook(io.BytesIO(data))
    for place, row in enumerate(book["Посты"].iter_rows(min_row=2, max_col=len(CELLS))):
        assert [cell.value for cell in row] == [*CELLS[place:], *CELLS[:place]]
        assert {cell.data_type for cell in row} == {"s"}
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        sheets = [package.read(name) for name in package.namelist() if name.startswith("xl/worksheets/")]
    assert not any(sign in sheet for sheet in sheets for sign in (b"<f>", b"<hyperlink"))


NAMES = [
    "Ноябрь",
    'a"; filename="evil.html',
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "=1+1",
    "a'b%0d%0aX: y",
    "🎈",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", FORMATS)
def test_T36_files_have_harmless_names_in_any_script(anna, name, form):
    """RFC 6266: one name in ASCII and one in full, both of this kind, and nothing that leads out of a folder."""
    made = anna.post("/batches", json={"links": [LINK.format(1), *MARKUP], "name": name}).json["id"]
    answer = fetch(anna, made, form)
    header = answer.headers["Content-Disposition"]
    assert header.isascii()
    assert header.isprintable()
    kind, found = parse_options_header(header)
    assert (kind, set(found)) == ("attachment", {"filename"})  # the full one wins
    assert found["filename"].startswith("Просмотры 20")
    assert found["filename"].endswith(f".{form}")
    assert not set('/\\"<>:|?*\r\n') & set(found["filename"])
    assert header.count('"') == 2
    assert name != "Ноябрь" or "Ноябрь" in found["filename"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.mimetype != "text/html"


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_T36_what_is_no_address_of_a_post_is_only_text(anna, form):
    made = anna.post("/batches", json={"links": [LINK.format(1), *MARKUP]}).json["id"]
    answer = fetch(anna, made, form, fields="link,post")
    if form == "csv":
        rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""), delimiter=";"))[1:]
    else:
        found = load_workbook(io.BytesIO(answer.data))["Посты"].iter_rows(min_row=2, values_only=True)
        rows = [[cell or "" for cell in row] for row in found]
    assert rows == [[LINK.format(1)] * 2, *([text, ""] for text in MARKUP)]
