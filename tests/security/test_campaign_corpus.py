"""The hostile corpus in every text of a campaign: its name, links, bloggers, own columns and their cells, why a month
was reopened, and what the platform calls a wall. Wherever they are shown they are text.
"""

import csv
import io
import json
import re
import zipfile

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from control.reports.forms.known import FormName
from control.web.engine import db
from crawler.store.models.accounts import User
from crawler.store.models.campaigns import Placement
from crawler.store.models.posts import Post, Wall
from tests.control.routes.test_months import ERID, LAST, close, followed, read_ends, reopen
from tests.security.corpus import TEXTS
from tests.security.pages import log_in
from tests.security.test_files import CELLS, FORMULAS

POSTS = ["https://vk.com/wall-1_1", "https://vk.com/wall-2_2"]
HOSTILE = [*TEXTS, *CELLS]
BAD = re.compile(r"<script>alert|[\"']onmouseover=alert|<b>bold")
PARTS = ("", "/0", "/3", "/missed", "/delete", "/0/delete", "/{month}", "/{month}?version=1", "/{month}/evidence/0")


@pytest.fixture
def database_url(sqlite_url):
    """What is stored is stored alike in both; the corpus against every route is in `test_corpus.py`."""
    return sqlite_url


@pytest.fixture
def campaign(anna):
    """One that is full of it. What is refused is refused in words."""
    made = followed(anna, [*POSTS, *(text for text in HOSTILE if text)])
    there = f"/campaigns/{made}"
    for text in HOSTILE:
        own = {"own": {text: text, "platform_name": text}}
        for path, body in (("", {"name": text}), ("/placements/0", {"blogger": text}), ("/placements/0", own)):
            answer = anna.patch(f"{there}{path}", json=body)
            assert answer.status_code in {200, 422}, (path, body, answer.text)
    with db.engine.begin() as connection:  # what a platform may say, too
        connection.execute(update(Post).values(owner=-1, erids=ERID))
        connection.execute(Wall.__table__.insert().values(platform="vk", owner=-1, name='<b>bold</b>"', seen_at=1.0))
    anna.patch(there, json={"name": '"><script>alert(1)</script>'})
    anna.patch(
        f"{there}/placements/0", json={"blogger": '=1+1"><script>alert(1)</script>', "own": {"platform_name": "=1+1"}}
    )
    read_ends([100, 250])
    assert close(anna, made, LAST).status_code == 200
    assert reopen(anna, made, LAST, '"><script>alert(1)</script>').status_code == 200
    return made


def test_whatever_is_in_a_campaign_is_text_wherever_it_is_shown(app, anna, campaign):
    check_pages(app, campaign)
    check_answers(anna, campaign)
    check_workbook(anna, campaign)
    for form in FormName:
        check_form(anna, campaign, form)
    check_bounds()


def check_pages(app, campaign):
    with db.engine.connect() as connection:
        user_id = connection.execute(select(User.id).where(User.username == "anna")).scalar_one()
    hers = log_in(app, user_id)
    count = len(POSTS) + len([text for text in HOSTILE if text])
    pages = [f"/followed/{campaign}{part.format(month=LAST.name)}" for part in PARTS]
    pages += [f"/followed/{campaign}?cursor={position}" for position in range(0, count, 15)]
    for page in ("/followed", "/reports", *pages):
        answer = hers.get(page)
        assert answer.status_code == 200, page
        assert not BAD.search(answer.text), page
        assert "javascript:" not in "".join(re.findall(r'(?:href|src|action)="([^"]*)"', answer.text)), page


def check_answers(anna, campaign):
    for path in ("", "/placements?limit=1000", "/months", f"/months/{LAST.name}", f"/months/{LAST.name}/sums?by=wall"):
        answer = anna.get(f"/campaigns/{campaign}{path}")
        assert answer.status_code == 200, path
        assert answer.mimetype == "application/json"
        json.dumps(answer.json, ensure_ascii=False).encode()


def check_workbook(anna, campaign):
    answer = anna.get(f"/campaigns/{campaign}/months/{LAST.name}/file", buffered=True)
    book = load_workbook(io.BytesIO(answer.data))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert any(str(cell.value) in FORMULAS for cell in cells)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as parts:
        assert not any("evil" in parts.read(name).decode() for name in parts.namelist() if name.endswith(".rels"))


def check_form(anna, campaign, form):
    there = f"/campaigns/{campaign}/months/{LAST.name}/forms/{form}"
    assert json.loads(anna.get(f"{there}/body").data)
    for profile in ("excel", "plain"):
        table = anna.get(f"{there}?format=csv&profile={profile}").data.decode("utf-8-sig")
        for row in csv.reader(io.StringIO(table), delimiter=";" if profile == "excel" else ","):
            assert not any(cell.startswith(("=", "+", "@", "\t", "\r")) for cell in row), row


def check_bounds():
    with db.engine.connect() as connection:
        rows = connection.execute(select(Placement.url, Placement.blogger, Placement.detail)).all()
    assert max(len(row.url) for row in rows) <= 10_000
    assert all(len(row.blogger or "") <= 200 for row in rows)
