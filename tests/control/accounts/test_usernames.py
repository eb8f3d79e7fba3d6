import pytest
from sqlalchemy import update

from control.accounts.usernames import look, spelling, usable
from control.web.engine import db
from crawler.store.models.accounts import User
from tests.control.conftest import problem

ANNA = {"username": "anna", "password": "correct horse"}


@pytest.fixture
def database_url(sqlite_url):
    """Names are compared by what is stored, so that the database makes no difference."""
    return sqlite_url


@pytest.mark.parametrize(
    "name",
    [
        *("x" * 64, "Анна", "anna.b@example.com", "two words", "名", "Ünïcödé", "שלום", "山田ハナコ", "김철수 kim"),
        *("SMM Отдел", "smm_отдел", "PR-отдел", "O'Brien", "анна2b"),
    ],
)
def test_a_good_name_stays_as_it_is(name):
    assert usable(name) == name


@pytest.mark.parametrize(("given", "kept"), [("ａｎｎａ", "anna"), ("про\u0438\u0306", "прой"), ("ﾊﾅｺ", "ハナコ")])
def test_another_keyboards_form_of_a_name_is_that_name(given, kept):
    assert usable(given) == kept
    assert spelling(given) == spelling(kept)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("аnna", "'аnna' mixes Cyrillic and Latin"),  # Cyrillic а
        ("αnna", "mixes Greek and Latin"),
        ("аdmin.anna", "mixes Cyrillic and Latin"),
        ("an\u034fna", r"not U\+034F"),  # each of these cannot be seen, and is printable as Python has it
        ("anna\ufe0f", r"not U\+FE0F"),
        ("anna\u3164", r"not U\+3164"),
        ("anna\u2800", r"not U\+2800"),
        ("anna\u115f", r"not U\+115F"),
        ("anna\u17b4", r"not U\+17B4"),
        ("an\u200bna", "printable"),
        ("an\u00adna", "printable"),
        ("anna\u202e", "printable"),
        ("anna\u00a0b", "printable"),
        ("𝐚nna", r"not U\+1D41A \(MATHEMATICAL BOLD SMALL A\)"),
        ("ﬁona", r"not U\+FB01"),
        ("⍺nna", r"not U\+237A"),
        ("anna–b", r"not U\+2013"),
        ("two  words", "one space"),
        ("שלוםabc", "from the right"),
        ("x" * 65, "64 characters"),
    ],
    ids=ascii,
)
def test_what_cannot_be_seen_or_only_imitates_is_refused_in_words(name, said):
    with pytest.raises(ValueError, match=said):
        usable(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("coco", "сосо"), ("Ivan", "lvan"), ("user1", "userl"), ("user0", "userO"), ("user0", "userо")),
        *(("maria", "rnaria"), ("AHHA", "АННА"), ("paypal", "раураl"), ("boss|", "bossl"), ("O", "Ο")),
    ],
)
def test_look_alikes(one, other):
    assert look(one) == look(other)


@pytest.mark.parametrize(("one", "other"), [("ali", "all"), ("anna", "ánna"), ("a.b", "ab"), ("Роман", "Ромaшка")])
def test_names_that_differ_to_the_eye(one, other):
    assert look(one) != look(other)


@pytest.mark.parametrize("other", ["Anna", "ANNA", "ａｎｎａ", "аnna"])
def test_no_variant_of_a_name_makes_a_second_account(anonymous, other):
    assert anonymous.post("/users", json=ANNA).status_code == 201
    answer = anonymous.post("/users", json=ANNA | {"username": other, "password": "another one"})
    assert problem(answer) in {(409, "username_taken"), (422, "invalid_body")}


@pytest.mark.parametrize(("name", "other"), [("coco", "сосо"), ("user1", "userl")])
def test_a_name_that_looks_like_anothers_is_taken(anonymous, anna, name, other):
    assert anonymous.post("/users", json=ANNA | {"username": name}).status_code == 201
    assert problem(anonymous.post("/users", json=ANNA | {"username": other})) == (409, "username_taken")
    assert problem(anna.patch("/users/me", json={"username": other})) == (409, "username_taken")


@pytest.mark.parametrize("name", ["anna", "Anna", "ANNA", "ａｎｎａ"])
def test_any_spelling_logs_in(anonymous, name):
    anonymous.post("/users", json=ANNA)
    assert anonymous.post("/users/login", json=ANNA | {"username": name}).status_code == 200


def test_the_case_of_ones_own_name_can_be_changed(anna):
    assert anna.patch("/users/me", json={"username": "Anna"}).json["username"] == "Anna"


def test_two_who_had_one_spelling_before_log_in_by_their_own_and_nobody_becomes_a_third(anonymous):
    for name in ("anna", "boris"):
        anonymous.post("/users", json=ANNA | {"username": name, "password": f"password of {name}"})
    with db.engine.begin() as connection:
        alike = {"username": "Anna", "spelling": "anna", "look": "anna", "namesake": 1}
        connection.execute(update(User).where(User.username == "boris").values(alike))

    def log_in(name, owner):
        return anonymous.post("/users/login", json={"username": name, "password": f"password of {owner}"}).status_code

    assert log_in("anna", "anna") == log_in("Anna", "boris") == log_in("ANNA", "anna") == 200
    assert log_in("ANNA", "boris") == log_in("Anna", "anna") == 401
    with db.engine.begin() as connection:
        connection.execute(update(User).where(User.username == "anna").values(username="z", spelling="z", look="z"))
    assert log_in("ANNA", "boris") == 200
    assert problem(anonymous.post("/users", json=ANNA)) == (409, "username_taken")
