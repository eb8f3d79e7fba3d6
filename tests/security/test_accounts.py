"""Who may come in, with what, and for how long: statements T5 to T14."""

import time
from datetime import timedelta

import jwt
import pytest
from sqlalchemy import delete, select, update

from control.accounts import passwords
from control.settings import Settings, SettingsError
from control.web import auth
from control.web.engine import db
from crawler.store.models.accounts import Attempts, Login, User
from tests.control.conftest import SETTINGS, problem

ANNA = {"username": "anna", "password": "correct horse"}


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def pair(anonymous):
    """Anna's access and refresh token."""
    anonymous.post("/users", json=ANNA)
    return log_in(anonymous)


def log_in(client):
    answer = client.post("/users/login", json=ANNA).json
    return answer["token"], answer["refresh_token"]


def good(client, token):
    status = client.get("/batches", headers=bearer(token)).status_code
    assert status in {200, 401}
    return status == 200


@pytest.fixture
def hashes(monkeypatch):
    """How often a password is compared with a hash."""
    done = []
    matches = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda *given: done.append(1) or matches(*given))
    return done


def test_T05_unknown_user_and_wrong_password_are_the_same_answer(anonymous):
    anonymous.post("/users", json=ANNA)
    wrong = anonymous.post("/users/login", json=ANNA | {"password": "wrong"})
    unknown = anonymous.post("/users/login", json=ANNA | {"username": "nobody"})
    assert problem(wrong) == (401, "wrong_credentials")
    for answer in (wrong, unknown):
        assert answer.headers.pop("RateLimit").startswith('"account";r=9;t=')  # of each name alone
    assert (wrong.data, wrong.headers) == (unknown.data, unknown.headers)
    assert "WWW-Authenticate" in wrong.headers


def test_T06_an_unknown_user_costs_a_hash_as_a_wrong_password_does(anonymous, real_hashes, monkeypatch):
    """`tests.bench.login` shows the times."""
    anonymous.post("/users", json=ANNA)
    verified = []
    hasher = passwords.hasher

    class Spy:
        def verify(self, password_hash, password):
            verified.append(password_hash[:30])  # the parameters: they make the time
            return hasher.verify(password_hash, password)

        def __getattr__(self, name):
            return getattr(hasher, name)

    monkeypatch.setattr(passwords, "hasher", Spy())
    for change in ({"password": "wrong"}, {"username": "nobody"}, {"username": "nobody\0"}):
        assert anonymous.post("/users/login", json=ANNA | change).status_code == 401
    assert len(verified) == 3
    assert len(set(verified)) == 1


class TestT07:
    """Logins have a limit, which is looked at before anything is hashed."""

    WRONG = ANNA | {"password": "wrong"}

    def fail(self, client, times):
        return [client.post("/users/login", json=self.WRONG).status_code for _ in range(times)]

    def end_windows_of(self, seconds):
        with db.engine.begin() as connection:
            connection.execute(update(Attempts).where(Attempts.until <= time.time() + seconds).values(until=0))

    def test_T07_after_ten_failures_even_the_right_password_waits(self, anonymous, hashes):
        anonymous.post("/users", json=ANNA)
        assert self.fail(anonymous, 10) == [401] * 10
        compared = len(hashes)
        answer = anonymous.post("/users/login", json=ANNA)
        assert problem(answer) == (429, "too_many_requests")
        assert 800 < int(answer.headers["Retry-After"]) <= 900
        assert answer.headers["RateLimit-Policy"] == '"account";q=10;w=900'
        assert answer.headers["RateLimit"] == f'"account";r=0;t={answer.headers["Retry-After"]}'
        assert len(hashes) == compared

    def test_T07_it_counts_for_the_account_wherever_it_is_tried_from_and_however_it_is_spelled(self, app, anonymous):
        anonymous.post("/users", json=ANNA)
        for number in range(10):
            client = app.test_client()
            client.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
            client.post("/users/login", json=self.WRONG | {"username": "aNNa"})
        assert anonymous.post("/users/login", json=ANNA).status_code == 429

    def test_T07_the_delay_grows_and_ends(self, anonymous):
        anonymous.post("/users", json=ANNA)
        for _ in range(3):
            assert self.fail(anonymous, 10) == [401] * 10
            self.end_windows_of(900)
        answer = anonymous.post("/users/login", json=ANNA)
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 9000
        self.end_windows_of(10_800)
        assert anonymous.post("/users/login", json=ANNA).status_code == 200

    def test_T07_success_begins_anew(self, anonymous):
        anonymous.post("/users", json=ANNA)
        for _ in range(3):
            assert self.fail(anonymous, 9) == [401] * 9
            assert anonymous.post("/users/login", json=ANNA).status_code == 200

    def test_T07_another_name_is_not_held_up_but_the_address_has_a_limit_too(self, app, anonymous):
        app.config["SETTINGS"].logins_per_hour = 24
        answers = [anonymous.post("/users/login", json=ANNA | {"username": f"u{n}"}).status_code for n in range(13)]
        assert answers == [401] * 12 + [429]
        elsewhere = app.test_client()
        elsewhere.environ_base["REMOTE_ADDR"] = "192.0.2.1"
        assert elsewhere.post("/users/login", json=ANNA).status_code == 401

    def test_T07_a_restart_forgets_nothing(self, anonymous, again):
        self.fail(anonymous, 10)
        assert again().post("/users/login", json=ANNA).status_code == 429

    @pytest.mark.parametrize("variant", ["Anna", "ANNA", "ａｎｎａ"])
    def test_T07_no_spelling_of_the_name_begins_anew(self, anonymous, variant):
        anonymous.post("/users", json=ANNA)
        anonymous.post("/users", json=ANNA | {"username": variant, "password": "the guesser's own"})
        self.fail(anonymous, 9)
        own = anonymous.post("/users/login", json={"username": variant, "password": "the guesser's own"})
        assert own.status_code == 401
        assert self.fail(anonymous, 1) == [429]

    def test_T07_nobody_can_see_that_a_name_was_taken_meanwhile(self, anonymous):
        """Neither by what is left nor by the delay: what was tried while nobody had the name counts on."""
        self.fail(anonymous, 8)
        anonymous.post("/users", json=ANNA)
        answer = anonymous.post("/users/login", json=self.WRONG)
        assert answer.headers["RateLimit"].startswith('"account";r=1;t=')
        assert self.fail(anonymous, 2) == [401, 429]

    def test_T07_who_logs_in_forgets_their_own_failures_only(self, anonymous):
        for name in ("anna", "boris"):
            anonymous.post("/users", json=ANNA | {"username": name})
        self.fail(anonymous, 9)
        assert anonymous.post("/users/login", json=ANNA | {"username": "boris"}).status_code == 200
        assert self.fail(anonymous, 2) == [401, 429]

    def test_T07_a_new_name_keeps_the_guesses(self, anonymous, pair):
        self.fail(anonymous, 9)
        renamed = anonymous.patch("/users/me", json={"username": "zoe"}, headers=bearer(pair[0]))
        assert renamed.status_code == 200
        tried = [anonymous.post("/users/login", json={"username": "Zoe", "password": "wrong"}) for _ in range(2)]
        assert [answer.status_code for answer in tried] == [401, 429]

    @pytest.mark.parametrize(
        "change", [{"password": "12345678"}, {"password": "another good one", "username": "boris"}]
    )
    def test_T07_a_change_that_is_refused_keeps_the_guesses(self, anonymous, pair, change):
        anonymous.post("/users", json=ANNA | {"username": "boris"})
        self.fail(anonymous, 8)
        shown = change | {"current_password": ANNA["password"]}
        refused = anonymous.patch("/users/me", json=shown, headers=bearer(pair[0]))
        assert refused.status_code in {409, 422}
        assert self.fail(anonymous, 3)[-1] == 429

    def test_T07_the_old_password_cannot_be_guessed_at_the_account_either(self, anonymous, pair):
        change = {"current_password": "wrong", "password": "another good one"}
        answers = [anonymous.patch("/users/me", json=change, headers=bearer(pair[0])).status_code for _ in range(11)]
        assert answers == [403] * 10 + [429]


class TestT08:
    """Registration is open by default; a taken name is told, as the original did (the issue accepts that)."""

    def test_T08_it_can_be_closed(self, app, anonymous):
        app.config["SETTINGS"].registration = "closed"
        assert problem(anonymous.post("/users", json=ANNA)) == (403, "registration_closed")

    def test_T08_an_address_makes_so_many_users_an_hour(self, app, anonymous, hashes):
        app.config["SETTINGS"].registrations_per_hour = 2
        made = [anonymous.post("/users", json=ANNA | {"username": f"u{number}"}) for number in range(2)]
        assert [answer.status_code for answer in made] == [201, 429]
        assert int(made[1].headers["Retry-After"]) > 0

    def test_T08_a_name_that_is_taken_costs_whoever_asks_for_it_a_try(self, app, anonymous, pair):
        """Also where registration is closed: without a limit somebody could ask for one name after the other."""
        app.config["SETTINGS"].registration = "closed"
        names = ["Anna", "boris", *("anna" for _ in range(10))]
        answers = [anonymous.patch("/users/me", json={"username": n}, headers=bearer(pair[0])) for n in names]
        assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 2
        assert int(answers[-1].headers["Retry-After"]) > 0

    def test_T08_so_does_it_cost_the_address_however_many_accounts_it_has(self, app, anonymous, pair):
        anonymous.post("/users", json=ANNA | {"username": "boris"})
        app.config["SETTINGS"].registrations_per_hour = 8  # half of them at once, of which two were used
        taken = {"json": {"username": "boris"}, "headers": bearer(pair[0])}
        assert [anonymous.patch("/users/me", **taken).status_code for _ in range(3)] == [409, 409, 429]

    def test_T08_the_first_user_is_no_administrator(self, anonymous, pair):
        assert anonymous.get("/users/me", headers=bearer(pair[0])).json["administrator"] is False
        assert anonymous.get("/metrics", headers=bearer(pair[0])).status_code == 403


class TestT09:
    """Any password of some length but those that everybody tries first."""

    @pytest.mark.parametrize("password", ["x" * 1024, "  spaces  ", "пароль 🎈", "\0\0\0\0\0\0\0\0", "lower case only"])
    def test_T09_good_ones(self, anonymous, password):
        who = ANNA | {"password": password}
        assert anonymous.post("/users", json=who).status_code == 201
        assert anonymous.post("/users/login", json=who).status_code == 200

    def test_T09_it_is_the_same_however_its_letters_are_composed(self, anonymous):
        anonymous.post("/users", json=ANNA | {"password": "пароль про\u0439"})
        assert anonymous.post("/users/login", json=ANNA | {"password": "пароль про\u0438\u0306"}).status_code == 200

    def test_T09_nothing_of_a_long_one_is_cut_off(self, anonymous):
        anonymous.post("/users", json=ANNA | {"password": "x" * 1023 + "y"})
        assert anonymous.post("/users/login", json=ANNA | {"password": "x" * 1023 + "z"}).status_code == 401

    @pytest.mark.parametrize(
        "password", ["12345678", "Password", "QWERTYUIOP", "views-stats", "Views-Stats1!", "annaanna1"]
    )
    def test_T09_common_ones_and_names_are_refused(self, anonymous, password):
        answer = anonymous.post("/users", json={"username": "AnnaAnna", "password": password})
        assert problem(answer) == (422, "weak_password")
        assert answer.get_json(force=True)["errors"][0]["field"] == "password"
        assert password not in answer.text

    def test_T09_so_they_are_when_it_is_changed(self, anonymous, pair):
        change = {"current_password": ANNA["password"], "password": "12345678"}
        assert problem(anonymous.patch("/users/me", json=change, headers=bearer(pair[0]))) == (422, "weak_password")
        assert good(anonymous, pair[0])


def signed(key=SETTINGS["secret_key"], algorithm="HS256", without=(), **claims):
    """Sign a token that is good, but for what is said."""
    with db.engine.connect() as connection:
        user, login = connection.execute(select(User.id, Login.id).join(Login)).one()
    now = int(time.time())
    claims = {
        name: now + span.total_seconds() if isinstance(span, timedelta) else span for name, span in claims.items()
    }
    given = {"sub": user, "iat": now, "nbf": now, "exp": now + 60, "jti": "1", "type": "access", "fresh": False}
    given |= {"iss": auth.NAME, "aud": auth.NAME, "login": login} | claims
    return jwt.encode({name: given[name] for name in given if name not in without}, key, algorithm)


@pytest.mark.usefixtures("anna")
class TestT10:
    """Every bad token is the same 401."""

    def test_T10_the_token_that_the_bad_ones_differ_from_is_good(self, anonymous):
        assert good(anonymous, signed())

    @pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
    @pytest.mark.parametrize(
        "change",
        [
            {"key": "another key, long enough to be taken"},
            {"key": "", "algorithm": "none"},
            {"algorithm": "HS512"},
            {"type": "refresh"},
            {"sub": 1},
            {"sub": "f" * 32},
            {"login": "f" * 32},
            {"exp": 1},
            {"exp": timedelta(days=1)},
            {"nbf": timedelta(hours=1)},
            {"iss": "somebody"},
            {"aud": "somebody"},
            *({"without": (name,)} for name in ("sub", "iat", "exp", "jti", "iss", "aud", "login")),
        ],
        ids=str,
    )
    def test_T10_a_bad_token_is_refused(self, anonymous, change):
        answer = anonymous.get("/batches", headers=bearer(signed(**change)))
        assert problem(answer) == (401, "not_authenticated")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.data == anonymous.get("/batches", headers=bearer("vst_unknown")).data

    @pytest.mark.parametrize(
        "header",
        [
            *("", "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic YTpi", ", ,Bearer x", "Bearer x y"),
            *("Bearer \xff", "x" * 5000, "Bearer vst_", "Bearer vst_\xff"),
        ],
    )
    def test_T10_a_bad_header_is_refused(self, anonymous, header):
        answer = anonymous.get("/batches", headers={"Authorization": header})
        assert problem(answer) == (401, "not_authenticated")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")

    @pytest.mark.parametrize("scheme", ["bearer", "BEARER", "bEaReR", "Bearer  "])
    def test_T10_the_schemes_case_does_not_count(self, anonymous, scheme):
        assert anonymous.get("/batches", headers={"Authorization": f"{scheme} {signed()}"}).status_code == 200

    def test_T10_clocks_may_differ_by_a_minute(self, anonymous):
        assert good(anonymous, signed(iat=int(time.time()) + 50, nbf=int(time.time()) + 50))
        assert not good(anonymous, signed(nbf=timedelta(seconds=70)))

    def test_T10_a_none_token_by_any_spelling_is_refused(self, anonymous):
        for name in ("none", "None", "NoNe", "NONE"):
            head = jwt.utils.base64url_encode(f'{{"alg":"{name}","typ":"JWT"}}'.encode()).decode()
            body = signed().split(".")[1]
            assert not good(anonymous, f"{head}.{body}.")

    def test_T10_a_weak_secret_is_refused(self):
        with pytest.raises(SettingsError, match="SECRET_KEY must be 32 bytes"):
            Settings(**SETTINGS | {"secret_key": "k" * 31})

    def test_T10_the_token_of_a_user_who_is_gone_is_refused(self, anna):
        with db.engine.begin() as connection:
            connection.execute(delete(User))
        assert problem(anna.get("/batches")) == (401, "not_authenticated")


class TestT11:
    """Tokens end: after their time, after their use, with their login, with the password, with the user."""

    def refresh(self, client, token):
        return client.post("/users/refresh", headers=bearer(token))

    def test_T11_they_live_an_hour_and_fourteen_days(self, anonymous, pair):
        for token, seconds in zip(pair, (3600, 14 * 86_400), strict=True):
            claims = jwt.decode(token, options={"verify_signature": False})
            assert claims["exp"] - claims["iat"] == seconds

    def test_T11_a_refresh_token_brings_the_next_pair_and_the_old_access_token_stays_good(self, anonymous, pair):
        answer = self.refresh(anonymous, pair[1])
        assert answer.status_code == 200
        assert answer.json.keys() == {"type", "token", "expires_in", "refresh_token", "refresh_expires_in"}
        assert good(anonymous, answer.json["token"])
        assert good(anonymous, pair[0])
        assert self.refresh(anonymous, answer.json["refresh_token"]).status_code == 200

    def test_T11_used_twice_it_ends_the_whole_family(self, anonymous, pair):
        other = log_in(anonymous)
        second = self.refresh(anonymous, pair[1]).json
        assert problem(self.refresh(anonymous, pair[1])) == (401, "not_authenticated")
        assert not good(anonymous, pair[0])
        assert not good(anonymous, second["token"])
        assert self.refresh(anonymous, second["refresh_token"]).status_code == 401
        assert good(anonymous, other[0])

    def test_T11_each_kind_is_good_for_its_own_use_only(self, anonymous, pair):
        assert not good(anonymous, pair[1])
        assert problem(self.refresh(anonymous, pair[0])) == (401, "not_authenticated")

    def test_T11_logging_out_ends_both(self, anonymous, pair):
        other = log_in(anonymous)
        assert anonymous.post("/users/logout", headers=bearer(pair[0])).status_code == 204
        assert not good(anonymous, pair[0])
        assert self.refresh(anonymous, pair[1]).status_code == 401
        assert good(anonymous, other[0])

    def test_T11_a_new_password_ends_everything(self, anonymous, pair):
        other = log_in(anonymous)
        made = anonymous.post("/tokens", json={"name": "script"}, headers=bearer(pair[0])).json["token"]
        change = {"current_password": ANNA["password"], "password": "another good one"}
        assert anonymous.patch("/users/me", json=change, headers=bearer(pair[0])).status_code == 200
        assert not any(good(anonymous, token) for token in (pair[0], other[0], made))
        assert self.refresh(anonymous, other[1]).status_code == 401
        assert anonymous.post("/users/login", json=ANNA).status_code == 401
        assert anonymous.post("/users/login", json=ANNA | {"password": "another good one"}).status_code == 200

    def test_T11_who_is_disabled_is_out_at_once(self, app, anonymous, pair):
        made = anonymous.post("/tokens", json={"name": "script"}, headers=bearer(pair[0])).json["token"]
        assert app.test_cli_runner().invoke(args=["users", "disable", "anna"]).exit_code == 0
        assert not any(good(anonymous, token) for token in (pair[0], made))
        assert self.refresh(anonymous, pair[1]).status_code == 401
        assert problem(anonymous.post("/users/login", json=ANNA)) == (401, "wrong_credentials")

    def test_T11_a_restart_forgets_no_revocation(self, anonymous, pair, again):
        assert good(again(), pair[0])
        anonymous.post("/users/logout", headers=bearer(pair[0]))
        assert not good(again(), pair[0])

    def test_T11_a_login_that_was_overtaken_by_a_new_password_is_none(self, anonymous, monkeypatch):
        anonymous.post("/users", json=ANNA)
        matches = passwords.matches

        def slow(password_hash, password):
            with db.engine.begin() as connection:
                connection.execute(update(User).values(password_hash="changed"))
            return matches(password_hash, password)

        monkeypatch.setattr(passwords, "matches", slow)
        assert problem(anonymous.post("/users/login", json=ANNA)) == (401, "wrong_credentials")

    def test_T11_a_login_ends_after_fourteen_days_without_use(self, anonymous, pair):
        with db.engine.begin() as connection:
            connection.execute(update(Login).values(expires_at=1))
        assert not good(anonymous, pair[0])
        assert self.refresh(anonymous, pair[1]).status_code == 401


def test_T14_there_are_no_cookies_for_another_page_to_use(anonymous, pair):
    answer = anonymous.post("/users/login", json=ANNA)
    assert "Set-Cookie" not in answer.headers
    for name in ("access_token_cookie", "token", "session"):
        anonymous.set_cookie(name, pair[0])
    assert anonymous.get("/batches").status_code == 401
    assert anonymous.post("/batches", json={"links": ["x"]}).status_code == 401
