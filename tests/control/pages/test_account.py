import re

import pytest

from control.accounts import api_tokens, page_logins
from control.web.engine import db
from tests.security.pages import PASSWORD, SAME_ORIGIN, log_in

NEW = "another horse battery staple"


def test_the_name_is_changed_and_said_once(anna_reads):
    assert anna_reads.post("/account/name", {"username": "Аня"}).status_code == 303
    first, second = anna_reads.get("/account").text, anna_reads.get("/account").text
    assert "Имя сохранено." in first
    assert "Имя сохранено." not in second
    assert '<bdi class="name">Аня</bdi>' in second


@pytest.mark.parametrize(
    ("name", "said"), [("", "Напишите имя."), ("a\tb", "Имя не подходит"), ("boris", "Это имя занято")]
)
def test_what_is_wrong_stands_at_the_field_and_above(reader_of, anna_reads, name, said):
    reader_of("boris")
    answer = anna_reads.post("/account/name", {"username": name})
    assert answer.status_code in {409, 422}
    assert answer.text.count(said) == 2
    assert 'aria-invalid="true"' in answer.text
    assert "<title>Ошибка: " in answer.text


def test_a_new_password_ends_every_login(app, anna_reads):
    other = log_in(app, anna_reads.login.user_id, _hash(anna_reads))
    wrong = {"current_password": "x", "password": NEW, "again": NEW}
    assert "Это не ваш пароль." in anna_reads.post("/account/password", wrong).text
    differ = {"current_password": PASSWORD, "password": NEW, "again": "x"}
    assert "Пароли не совпадают." in anna_reads.post("/account/password", differ).text
    done = anna_reads.post("/account/password", {"current_password": PASSWORD, "password": NEW, "again": NEW})
    assert done.headers["Location"] == "/enter?password=1"
    for reader in (anna_reads, other):
        assert reader.get("/account").status_code == 303
    form = {"username": "anna", "password": NEW, "next": "/account"}
    assert app.test_client().post("/enter", data=form, headers=SAME_ORIGIN).headers["Location"] == "/account"


def _hash(reader):
    from control.accounts import users  # noqa: PLC0415

    return users.account(db.engine, reader.login.user_id).password_hash


def test_language_theme_and_zone_go_with_the_account(app, anna_reads):
    chosen = {"language": "en", "theme": "dark", "time_zone": "Asia/Vladivostok"}
    anna_reads.post("/account/choices", chosen)
    other = log_in(app, anna_reads.login.user_id, _hash(anna_reads))
    page = other.get("/account").text
    assert '<html lang="en" data-theme="dark">' in page
    assert "Times are of Asia/Vladivostok" in page
    anna_reads.post("/account/choices", {"language": "xx", "theme": "<script>", "time_zone": "../etc/passwd"})
    assert '<html lang="ru">' in anna_reads.get("/account", headers={"Accept-Language": "ru"}).text


def test_who_is_not_logged_in_chooses_by_cookies(anonymous, anna_reads):
    assert '<html lang="en">' in anonymous.get("/register", headers={"Accept-Language": "en-GB"}).text
    assert '<html lang="ru">' in anonymous.get("/register", headers={"Accept-Language": "fr"}).text
    chosen = anonymous.post("/language", data={"language": "en", "next": "/register"}, headers=SAME_ORIGIN)
    assert chosen.headers["Location"] == "/register"
    anonymous.post("/theme", data={"theme": "dark"}, headers=SAME_ORIGIN)
    assert '<html lang="en" data-theme="dark">' in anonymous.get("/register").text


def test_a_token_is_shown_once_and_works(anna_reads, anonymous):
    made = anna_reads.post("/account/tokens", {"name": "report", "scope": "read", "expires_in": "90d"})
    (token,) = set(re.findall(r"vst_[\w-]+", made.text))
    assert anonymous.get("/batches", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    page = anna_reads.get("/account").text
    assert "report" in page
    assert token not in page
    (id_,) = (each.id for each in api_tokens.of_user(db.engine, anna_reads.login.user_id))
    assert anna_reads.post(f"/account/tokens/{id_}/delete").status_code == 303
    assert anonymous.get("/batches", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_another_login_is_ended_and_this_one_too(app, anna_reads):
    other = log_in(app, anna_reads.login.user_id, _hash(anna_reads))
    page = anna_reads.get("/account").text
    assert page.count("Firefox, Linux") == 2
    assert page.count("(этот браузер)") == 1
    anna_reads.post(f"/account/logins/{other.login.id}/end")
    assert other.get("/account").status_code == 303
    assert anna_reads.post(f"/account/logins/{anna_reads.login.id}/end").headers["Location"] == "/enter?left=1"
    assert anna_reads.get("/account").status_code == 303


def test_an_account_is_deleted_by_its_name_and_password(anna_reads):
    for name, password in (("ann", PASSWORD), ("anna", "x")):
        form = {"account_name": name, "account_password": password}
        assert anna_reads.post("/account/delete", form).status_code in {403, 422}
    assert anna_reads.get("/account").status_code == 200
    done = anna_reads.post("/account/delete", {"account_name": "anna", "account_password": PASSWORD})
    assert done.headers["Location"] == "/enter?gone=1"
    assert anna_reads.get("/account").status_code == 303


HOSTILE = ['"><script>alert(1)</script>', "x' onmouseover='alert(1)", "javascript:alert(1)", "\u202eevil", "ж" * 64]


@pytest.mark.parametrize("text", HOSTILE)
def test_P7_what_users_write_is_text_wherever_it_is_shown(anna_reads, text):
    api_tokens.create(db.engine, anna_reads.login.user_id, text, "read", None)
    page_logins.start(db.engine, anna_reads.login.user_id, _hash(anna_reads), text * 20)
    for answer in (
        anna_reads.get("/account"),
        anna_reads.post("/account/name", {"username": text}),
        anna_reads.get(f"/enter?next={text}"),
        anna_reads.get(f"/nowhere/{text}", headers={"Accept": "text/html"}),
    ):
        assert "<script>alert" not in answer.text
        assert "onmouseover='" not in answer.text
        assert 'href="javascript' not in answer.text


def test_closed_registration_shows_no_form(app, anonymous):
    app.config["SETTINGS"].registration = "closed"
    assert anonymous.get("/register").status_code == 403
    assert "/register" not in anonymous.get("/enter").text
