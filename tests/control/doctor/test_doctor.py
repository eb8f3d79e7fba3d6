"""`flask doctor`: what stands in the way of numbers, each found on a VK that plays it."""

import json
import time
from email.utils import formatdate

import pytest
from sqlalchemy import select

from control.app import create_app
from control.doctor import vk as doctor_vk
from control.doctor.findings import Report
from control.settings import Settings
from control.web.engine import db
from crawler.platforms.contract import Reply
from crawler.platforms.vk import probes, skeleton
from crawler.platforms.vk.access import access
from crawler.platforms.vk.links import target
from crawler.store.models.base import Base
from tests.control.conftest import SETTINGS
from tests.system import free_port
from tests.vk_standin.client import StandIn

pytestmark = pytest.mark.process

POST = "https://vk.com/wall-1_340364"
VIDEO = "https://vkvideo.ru/video-18403220_456239696"


@pytest.fixture(scope="module")
def vk():
    with StandIn() as standin:
        yield standin


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


@pytest.fixture
def doctor(vk, database_url, monkeypatch):
    """Run the doctor with these tokens; its exit code and what it found."""

    def run(*arguments, tokens="", **environment):
        settings = vk.environment() | {"SQLALCHEMY_DATABASE_URL": str(database_url), "VK_TOKENS": tokens} | environment
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        app = create_app(Settings(**SETTINGS, scrapyd_urls=f"http://127.0.0.1:{free_port()}"))
        done = app.test_cli_runner().invoke(args=["doctor", "--json", *arguments])
        with app.app_context():
            db.engine.dispose()
        return done.exit_code, json.loads(done.stdout)

    yield run
    vk.reset()


def said(found, what):
    return next(each for each in found["findings"] if each["what"] == what)


@pytest.mark.parametrize(
    ("token", "ok", "words"),
    [
        ("standin-user", True, "user; wall.getById yes, video.get yes, execute yes"),
        ("standin-service", True, "service; wall.getById yes, video.get no (VK error 28 (app_auth)), execute no"),
        ("standin-community", False, "community; wall.getById no (VK error 27 (group_auth))"),
        ("standin-scopeless", True, "user; wall.getById yes, video.get no (VK error 15"),
        ("vk2.a.standin-vkid", True, "user; wall.getById yes, video.get no (VK error 1051"),
        ("vk2.a.standin-vkidless", False, "wall.getById no (VK error 1051"),
        ("dead", False, "wall.getById no (VK error 5 (auth))"),
    ],
)
def test_what_each_token_may_do(doctor, token, ok, words):
    _, found = doctor(tokens=f"{token},standin-service")
    first = said(found, "token 1")
    assert first["ok"] is ok
    assert words in first["says"]
    assert ("token 1" in found["sources"]) is ok
    assert bool(first["mend"]) is not ok


def test_the_first_thing_to_mend_is_said_and_the_exit_code_is_1(doctor):
    code, found = doctor(tokens="dead")
    assert code == 1
    assert not found["ok"]
    assert found["mend"] == said(found, next(each["what"] for each in found["findings"] if each["ok"] is False))["mend"]
    assert "SCRAPYD_URLS" in found["mend"]
    assert "Replace token 1 in VK_TOKENS" in said(found, "token 1")["mend"]


def test_pages_that_are_shown_and_what_stands_in_the_way(doctor, vk):
    host = vk.url.removeprefix("http://")
    _, found = doctor()
    assert said(found, host)["says"].startswith("HTTP 200: ")
    assert said(found, f"{host} (player)")["ok"]
    assert found["sources"] == [host, f"{host} (player)"]
    for trouble, words in (
        ("status_403", "blocked: HTTP 403"),
        ("login_page", "layout_changed"),
        ("redirect_302", "leads to"),
    ):
        vk.set(trouble=1.0, troubles=trouble)
        code, found = doctor()
        assert code == 1
        assert not said(found, host)["ok"]
        assert words in said(found, host)["says"]
        assert found["sources"] == []


def test_nobody_answers(doctor):
    nowhere = f"http://127.0.0.1:{free_port()}"
    _, found = doctor(tokens="standin-user", VK_API_URL=nowhere, VK_SITE_URL=nowhere, VK_VIDEO_URL=nowhere)
    assert "does not answer: no connection" in said(found, "token 1")["says"]
    assert found["sources"] == []


def test_every_source_of_a_link_and_which_is_believed(doctor):
    _, found = doctor(
        POST, VIDEO, "https://vk.com/wall-1_901", "https://vk.com/photo1_2", tokens="standin-service,standin-user"
    )
    post, video, missing, photo = found["links"]
    assert [each["source"] for each in post["said"]] == ["token 1", "token 2", "desktop page"]
    assert len({each["views"] for each in post["said"]}) == 1
    assert post["wins"] == "token 1"
    assert [each["source"] for each in video["said"]] == ["token 2", "player"]
    assert video["wins"] == "token 2"
    assert {each["reason"] for each in missing["said"]} == {"not_found"}
    assert photo["said"][0]["detail"] == "unsupported"
    assert photo["wins"] == "nobody"


def test_it_writes_slots_and_nothing_else(doctor, database_url, monkeypatch):
    doctor(POST, tokens="standin-user,dead")
    monkeypatch.setenv("SQLALCHEMY_DATABASE_URL", str(database_url))
    with create_app(Settings(**SETTINGS)).app_context():
        with db.engine.connect() as connection:
            rows = {table.name: connection.execute(select(table)).all() for table in Base.metadata.sorted_tables}
        db.engine.dispose()
    budgets = rows.pop("budgets")
    assert len(budgets) == 3
    assert {(row.kind, row.paused_until, row.why) for row in budgets} == {("", 0.0, "")}
    assert not any(rows.values())


def test_it_keeps_to_the_rate_of_each_budget(doctor, vk):
    before = len(vk.journal())
    doctor(POST, tokens="standin-user", VK_REQUESTS_PER_SECOND="4")
    times = [each["time"] for each in vk.journal()[before:] if each["method"] != "page"]
    assert len(times) == 4
    assert times[-1] - times[0] >= 3 / 4 - 0.1


def test_what_is_kept_holds_no_words_and_no_token_and_reads_as_the_answer_does(doctor, tmp_path):
    folder = tmp_path / "kept"
    _, found = doctor(POST, VIDEO, "--keep", str(folder), tokens="standin-user,dead")
    files = {file.name: file.read_text() for file in folder.iterdir()}
    assert not [name for name, text in files.items() if "standin-user" in text or "dead" in text]
    for link, kind in ((found["links"][0], "wall-1_340364"), (found["links"][1], "video-18403220_456239696")):
        for each in link["said"]:
            name = f"{kind}-{each['source'].replace(' ', '-')}"
            assert read(kind, files, name, each["source"]) == each["views"], name


def read(key, files, name, source):
    """Read what was kept as an answer of VK's."""
    kind = "json" if source.startswith("token") else "html"
    about = json.loads(files[f"{name}.about.json"])
    wanted, reach = target(key, ""), access({"VK_TOKENS": "standin-user"})
    if kind == "json":
        call = probes.by_token(wanted, reach.credentials[0], reach)
    else:
        call = probes.pages(wanted, reach)[0].call
    reply = Reply(about["status"], about["led_to"], about["content_type"], files[f"{name}.{kind}"].encode())
    return probes.read(call, reply).outcomes[wanted].views


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (
            '{"error": {"error_code": 5, "error_msg": "secret", "request_params": [{"value": "secret"}]}}',
            '"error_code": 5',
        ),
        (
            '{"response": {"items": [{"id": 1, "text": "secret", "phone": 79991234567, "is_deleted": true}]}}',
            '"is_deleted"',
        ),
        (
            '<div id="post-1_2" class="secret" data-x="secret">secret words<b aria-label="1 234 просмотра">1.2K</b>',
            "1234",
        ),
    ],
)
def test_the_white_list(body, kept):
    written, _ = skeleton.of(Reply(200, "https://vk.com/x", "", body.replace('class="secret" ', "").encode()))
    assert kept in written
    assert "secret" not in written
    assert "79991234567" not in written


@pytest.mark.parametrize(("ahead", "ok"), [(0, True), (-30, True), (3600, False), (-3600, False)])
def test_the_clock_is_held_against_vks(ahead, ok):
    report = Report()
    doctor_vk.look_at_clock(report, formatdate(time.time() - ahead, usegmt=True))
    (found,) = report.findings
    assert found.ok is ok
    assert ("ahead of" if ahead > 0 else "behind") in found.says or ahead == 0
