"""The table of a batch's links: every order and filter, page by page there and back."""

from itertools import chain, product

import pytest

from control.batches import link_rows
from control.batches.link_rows import Sort, Wanted
from control.errors import InvalidQuery
from control.web.engine import db
from crawler.store.models.batches import Batch, Status
from tests.control.conftest import problem

VIEWS = [5, 0, 7, 5, None, 5, 10**17, None, 0, None, 5, None]
ENDS = {4: ("failed", "not_found"), 7: ("failed", "private"), 9: ("in progress", None), 11: ("created", None)}


@pytest.fixture
def batch(anna, set_link):
    """Links with and without numbers, many of them with the same ones."""
    sent = [f"https://vk.com/wall-1_{item + 10}" for item in range(len(VIEWS))]
    id_ = anna.post("/batches", json={"links": sent}).json["id"]
    for position, views in enumerate(VIEWS):
        if views is not None:
            set_link(id_, position, status="done", reading={"views": views})
        else:
            status, reason = ENDS[position]
            set_link(id_, position, status=status, reason=reason)
    return id_


def expected(sort, status=None, reason=None):
    rows = [(position, views, *(ENDS.get(position, ("done", None)))) for position, views in enumerate(VIEWS)]
    rows = [row for row in rows if status in {None, row[2]} and reason in {None, row[3]}]
    if sort in {"position", "-position"}:
        return [row[0] for row in sorted(rows, reverse=sort.startswith("-"))]
    measured = sorted((-row[1], row[0]) for row in rows if row[1] is not None)
    if sort == "views":
        measured.reverse()
    groups = ["failed", "in progress", "created"]
    rest = sorted((groups.index(row[2]), row[0]) for row in rows if row[1] is None)
    return [position for _, position in [*measured, *rest]]


def walk(client, batch, limit, **query):
    """All pages forwards, and the same ones backwards."""
    path, forwards, cursor = f"/batches/{batch}/links", [], {}
    while True:
        page = client.get(path, query_string={**query, "limit": limit, **cursor}).json
        forwards.append([row["position"] for row in page["links"]])
        if not page["next_cursor"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    backwards = [forwards[-1]]
    while page["previous_cursor"]:
        page = client.get(path, query_string={**query, "limit": limit, "cursor": page["previous_cursor"]}).json
        backwards.append([row["position"] for row in page["links"]])
        assert page["next_cursor"]
    return forwards, backwards[::-1]


@pytest.mark.parametrize(("sort", "limit"), list(product(Sort, [1, 5, 12])))
def test_every_order_page_by_page_there_and_back(anna, batch, sort, limit):
    forwards, backwards = walk(anna, batch, limit, sort=sort)
    assert list(chain(*forwards)) == list(chain(*backwards)) == expected(sort)
    assert all(len(page) == limit for page in [*forwards[:-1], *backwards[1:-1]])


@pytest.mark.parametrize(("sort", "status"), list(product(Sort, Status)))
def test_every_order_of_one_status(anna, batch, sort, status):
    forwards, backwards = walk(anna, batch, 2, sort=sort, status=status)
    assert list(chain(*forwards)) == list(chain(*backwards)) == expected(sort, status)


@pytest.mark.parametrize(("sort", "status"), list(product(Sort, [None, "failed", "done"])))
def test_every_order_of_one_reason(anna, batch, sort, status):
    query = {"status": status} if status else {}
    forwards, backwards = walk(anna, batch, 1, sort=sort, reason="private", **query)
    assert list(chain(*forwards)) == list(chain(*backwards)) == expected(sort, status, "private")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("_2", [10, 11]),
        ("WALL-1_2", [10, 11]),
        ("%", []),
        ("wall-1?1", []),
        ("\\", []),
        ("\0", []),
        ("\ud800", []),
        ("vk.com/wall-1_12", [2]),
    ],
)
def test_links_that_contain_a_text(app, batch, text, found):
    with db.engine.connect() as connection:
        batch_id = connection.execute(Batch.__table__.select()).one().id
        page = link_rows.read(connection, batch_id, Wanted(text=text))
        assert [row.position for row in page.rows] == found
        by_views = link_rows.read(connection, batch_id, Wanted(text=text, sort=Sort.VIEWS_DOWN))
        assert sorted(row.position for row in by_views.rows) == found


@pytest.mark.parametrize("cursor", ["f1", "5.1", "bi3"])
def test_a_cursor_of_another_order_is_refused(anna, batch, cursor):
    answer = anna.get(f"/batches/{batch}/links?cursor={cursor}")
    assert problem(answer) == (422, "invalid_query")
    assert answer.get_json(force=True)["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize("cursor", ["", "x", "b", "1.", "-1", "1" * 30, "b1.2.3"])
def test_what_is_no_cursor_is_refused(app, cursor):
    with db.engine.connect() as connection, pytest.raises(InvalidQuery):
        link_rows.read(connection, 1, Wanted(cursor=cursor))


def test_the_page_before_one_whose_rows_are_gone_is_none(anna, batch):
    page = anna.get(f"/batches/{batch}/links?cursor=500").json
    assert page == {"links": [], "next_cursor": None, "previous_cursor": None}


def test_the_sum_of_views_stands_on_a_batch_once_it_is_closed(anna, batch):
    assert anna.get(f"/batches/{batch}").json["views"] is None
    shown = anna.post(f"/batches/{batch}/cancel").json
    assert shown["views"] == sum(views or 0 for views in VIEWS)
    assert shown["counts"] == {"created": 0, "in progress": 0, "done": 8, "failed": 4}


def test_batches_have_names_and_are_found_by_them(anna, boris):
    names = ["Ноябрь, блогеры", "november 100%", ""]
    made = [anna.post("/batches", json={"links": ["vk.com/wall-1_1"], "name": name}).json["id"] for name in names]
    boris.post("/batches", json={"links": ["vk.com/wall-1_1"], "name": "ноябрь"})

    def found(text):
        return [batch["name"] for batch in anna.get("/batches", query_string={"q": text}).json["batches"]]

    assert found("НОЯБРЬ") == [names[0]]
    assert found("November") == found("100%") == [names[1]]
    assert found("_") == []
    assert found("") == names[::-1]
    renamed = anna.patch(f"/batches/{made[2]}", json={"name": "Декабрь"})
    assert (renamed.status_code, renamed.json["name"]) == (200, "Декабрь")
    assert found("декабрь") == ["Декабрь"]
    assert problem(boris.patch(f"/batches/{made[2]}", json={"name": "x"})) == (404, "not_found")


@pytest.mark.parametrize("name", ["x" * 201, " x", "x\n", "\u202ex", "\0", "\ud800", 5, None])
def test_a_bad_name_is_refused_and_named(anna, name):
    answer = anna.post("/batches", json={"links": ["vk.com/wall-1_1"], "name": name})
    assert problem(answer) == (422, "invalid_body")
    assert answer.get_json(force=True)["errors"][0]["field"] == "name"
