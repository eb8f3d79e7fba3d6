"""The page beside the API: who may see what, whose forms are taken, what browsers are told. P4, P5, P6, T22, T32."""

import re

import pytest
from sqlalchemy import update

from control.accounts import api_tokens, page_logins
from control.web.engine import db
from crawler.store.models.accounts import Login, Scope, User
from tests.security.pages import PAGES, SAME_ORIGIN, Reader, fill, log_in, page_operations, reader
from tests.security.routes import CASES, MISSING, Who, split
from tests.security.routes import path as api_path

CHANGES = [label for label in PAGES if label.startswith("POST")]
OF_USERS = [label for label, page in PAGES.items() if page.who is not Who.ANYBODY]


@pytest.fixture
def database_url(sqlite_url):
    """Which pages are shown to whom does not depend on the database."""
    return sqlite_url


@pytest.fixture
def hers(app):
    return reader(app, "anna")


@pytest.fixture
def his(app):
    return reader(app, "boris")


def is_page(answer):
    return answer.mimetype == "text/html" and "<h1>" in answer.text


def test_every_page_has_a_case(app):
    there = page_operations(app)
    assert there - PAGES.keys() == set(), "add these pages to PAGES in tests/security/pages.py"
    assert PAGES.keys() - there == set(), "these are no pages: remove them from PAGES in tests/security/pages.py"
    assert {split(label)[1] for label in PAGES} & {split(label)[1] for label in CASES} == set()


@pytest.mark.parametrize("label", OF_USERS)
def test_T22_strangers_are_sent_to_log_in(anonymous, label):
    method, rule = split(label)
    answer = anonymous.open(fill(rule), method=method, data=PAGES[label].form, headers=SAME_ORIGIN)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/enter")
    if method == "GET":
        assert answer.headers["Location"] == f"/enter?next={fill(rule)}"


@pytest.mark.parametrize("label", [label for label, page in PAGES.items() if page.who is Who.ADMIN])
def test_T22_users_see_nothing_of_an_administrators(hers, label):
    method, rule = split(label)
    answer = hers.get(fill(rule)) if method == "GET" else hers.post(fill(rule), PAGES[label].form)
    assert answer.status_code == 403
    assert is_page(answer)


@pytest.mark.parametrize("rule", sorted({split(label)[1] for label in PAGES}))
def test_T22_another_verb_is_answered_with_those_there_are(anonymous, hers, rule):
    there = {split(label)[0] for label in PAGES if split(label)[1] == rule}
    there |= {"HEAD"} if "GET" in there else set()
    for client in (anonymous, hers.client):
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "X"} - there:
            answer = client.open(fill(rule), method=method, headers=SAME_ORIGIN)
            assert answer.status_code == 405, method
            assert {each.strip() for each in answer.headers["Allow"].split(",")} == there | {"OPTIONS"}


@pytest.mark.parametrize("label", list(CASES))
def test_the_api_knows_no_cookies(hers, label):
    """Whoever is logged in at the page is a stranger to the API: no form of another site can use it."""
    method, rule = split(label)
    case = CASES[label]
    if case.who is not Who.ANYBODY:
        answer = hers.client.open(api_path(rule), method=method, json=case.body or {})
        assert answer.status_code == 401


def test_a_page_knows_no_tokens(anna):
    assert anna.get("/account").status_code == 303


BAD_HEADERS = [
    {},
    {"Origin": "null"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost.evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
]


@pytest.mark.parametrize("label", CHANGES)
def test_P4_a_form_from_elsewhere_does_nothing(hers, rows, label):
    rule = split(label)[1]
    before = rows()
    for headers in BAD_HEADERS:
        for client in (hers, Reader(hers.client.application.test_client())):
            answer = client.post(fill(rule), PAGES[label].form, headers=headers)
            assert answer.status_code == 403, headers
            assert is_page(answer)
            assert "Set-Cookie" not in answer.headers
    assert rows() == before


@pytest.mark.parametrize("label", CHANGES)
def test_P4_a_form_without_the_logins_token_does_nothing(hers, his, rows, label):
    rule = split(label)[1]
    before = rows()
    for token in ("", "x", "AAAA", his.token(), hers.token()[:-8], "\u0436"):
        answer = hers.post(fill(rule), PAGES[label].form | {"csrf": token})
        assert answer.status_code == 403, token
        assert is_page(answer)
    assert rows() == before


@pytest.mark.parametrize("headers", [SAME_ORIGIN, {"Origin": "http://localhost"}, {"Origin": "https://localhost"}])
def test_P4_our_own_forms_are_taken(hers, headers):
    """Over plain http under a name browsers send Origin only; behind a proxy it may say https."""
    assert hers.post("/account/choices", {"theme": "dark"}, headers=headers).status_code == 303
    assert hers.get("/account").text.count('data-theme="dark"') == 1


def test_P4_the_token_is_another_one_on_every_page(hers):
    shown = [set(re.findall(r'name="csrf" value="([^"]+)"', hers.get("/account").text)) for _ in range(2)]
    assert shown[0] & shown[1] == set()
    assert hers.post("/account/choices", {"csrf": shown[0].pop()}).status_code == 303


FLAGS = {
    "http": r"views=[\w-]{43}; Expires=[^;]+; Max-Age=7776000; HttpOnly; Path=/; SameSite=Strict",
    "https": r"__Host-views=[\w-]{43}; Expires=[^;]+; Max-Age=7776000; Secure; HttpOnly; Path=/; SameSite=Strict",
}


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_P5_the_cookie(anonymous, scheme):
    base = {"base_url": f"{scheme}://localhost", "headers": SAME_ORIGIN}
    form = PAGES["POST /register"].form
    made = anonymous.post("/register", data=form, **base)
    again = anonymous.application.test_client().post("/enter", data=form, **base)
    for answer in (made, again):
        assert answer.status_code == 303
        (cookie,) = answer.headers.getlist("Set-Cookie")
        assert re.fullmatch(FLAGS[scheme], cookie), cookie
    other = "https" if scheme == "http" else "http"
    assert anonymous.get("/account", base_url=f"{scheme}://localhost").status_code == 200
    assert anonymous.get("/account", base_url=f"{other}://localhost").status_code == 303


def test_P5_only_a_hash_of_it_is_kept(hers, rows):
    cookie = hers.client.get_cookie("views").value
    assert cookie not in repr(rows())


def test_leaving_takes_the_cookie_away_and_what_the_browser_keeps(anonymous):
    base = {"base_url": "https://localhost", "headers": SAME_ORIGIN}
    answer = anonymous.post("/leave", **base)
    assert re.fullmatch(
        r"__Host-views=; .*Max-Age=0; Secure; HttpOnly; Path=/; SameSite=Strict", answer.headers["Set-Cookie"]
    )
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert "Clear-Site-Data" not in anonymous.post("/leave", headers=SAME_ORIGIN).headers


@pytest.mark.parametrize("make", ["token", "login"])
def test_P6_anothers_thing_is_as_if_it_were_not_there(app, hers, his, make):
    if make == "token":
        made, _ = api_tokens.create(db.engine, hers.login.user_id, "report", Scope.READ, None)
        rule, id_ = "/account/tokens/{}/delete", made.id
    else:
        rule, id_ = "/account/logins/{}/end", log_in(app, hers.login.user_id).login.id
    answers = [his.post(rule.format(each)) for each in (id_, MISSING, "\u0436", "%20")]
    assert {(answer.status_code, OF_THE_MOMENT.sub("", answer.text)) for answer in answers} == {
        (404, OF_THE_MOMENT.sub("", answers[1].text))
    }
    assert hers.post(rule.format(id_)).status_code == 303


OF_THE_MOMENT = re.compile(r'name="csrf" value="[^"]+"')


@pytest.mark.parametrize(
    ("path", "status"), [("/enter", 200), ("/nowhere", 404), ("/account", 303), ("/account/x/y", 404), ("/leave", 405)]
)
def test_T32_every_page_binds_the_browsers_hands(hers, anonymous, path, status):
    users = hers.client if path == "/enter" else anonymous
    answer = (anonymous if path == "/enter" else users).get(path, headers={"Accept": "text/html"})
    assert answer.status_code == (303 if path == "/enter" and answer.status_code == 303 else status)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert policy.endswith("; require-trusted-types-for 'script'; trusted-types 'none'")
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_is_nowhere_is_a_problem_for_a_program(anonymous):
    for accept in ("*/*", "application/json", None):
        headers = {"Accept": accept} if accept else {}
        assert anonymous.get("/nowhere", headers=headers).mimetype == "application/problem+json"


def test_a_link_from_elsewhere_is_asked_for_once_more_with_the_cookie(app, hers):
    """A messenger's link comes without the cookie, redirects too; the page that answers it asks again, from here."""
    followed = {"Sec-Fetch-Site": "cross-site"}
    stranger = app.test_client()
    answer = stranger.get("/account", headers=followed)
    assert answer.status_code == 200
    assert 'http-equiv="refresh" content="0"' in answer.text
    assert stranger.get("/account", headers=SAME_ORIGIN).status_code == 303  # so it cannot go round in circles
    assert "<h1>" in hers.get("/account", headers=followed).text


@pytest.mark.parametrize(
    "there",
    ["//evil.example/", "https://evil.example/account", "/\\evil.example", "/nowhere", "/batches", "/leave", "/acc\nx"],
)
def test_who_has_logged_in_is_sent_to_pages_of_ours_only(anonymous, there):
    anonymous.post("/register", data=PAGES["POST /register"].form, headers=SAME_ORIGIN)
    other = anonymous.application.test_client()
    answer = other.post("/enter", data=PAGES["POST /register"].form | {"next": there}, headers=SAME_ORIGIN)
    assert answer.headers["Location"] == anonymous.get("/").headers["Location"]
    back = anonymous.application.test_client().post(
        "/enter", data=PAGES["POST /register"].form | {"next": "/account?x=1"}, headers=SAME_ORIGIN
    )
    assert back.headers["Location"] == "/account?x=1"


def test_a_login_ends_after_14_days_unused_and_after_90_in_any_case(hers):
    with db.engine.begin() as connection:
        connection.execute(update(Login).values(expires_at=Login.expires_at - page_logins.UNUSED - 1))
    assert hers.get("/account").status_code == 303


def test_a_login_that_is_used_lasts_longer_until_its_longest_time(hers):
    hers_alone = Login.id == hers.login.id
    with db.engine.begin() as connection:
        connection.execute(update(Login).values(created_at=Login.created_at - page_logins.LONGEST + 100))
        connection.execute(page_logins.seen({hers.login.id}))
        row = connection.execute(Login.__table__.select().where(hers_alone)).one()
    assert row.expires_at == row.created_at + page_logins.LONGEST


@pytest.mark.parametrize("change", [{"state": "disabled"}, {"state": "leaving"}])
def test_who_may_not_come_in_is_out_at_once(hers, change):
    with db.engine.begin() as connection:
        connection.execute(update(User).values(**change))
    assert hers.get("/account").status_code == 303


@pytest.mark.parametrize("name", ["app.css", "app.js", "icons.svg"])
def test_what_pages_load_is_kept_for_good_and_compressed(anonymous, name):
    with anonymous.application.test_request_context():
        from control.web.assets import address  # noqa: PLC0415

        there = address(name)
    plain, packed = anonymous.get(there), anonymous.get(there, headers={"Accept-Encoding": "gzip"})
    assert plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data)
    assert anonymous.get(there, headers={"If-None-Match": plain.headers["ETag"]}).status_code == 304
    assert anonymous.get(there.replace("/assets/", "/assets/0")).status_code == 404
