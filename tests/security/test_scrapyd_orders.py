"""What may be ordered at scrapyd, and that all else is refused in words before anything comes of it."""

import socket
from base64 import b64encode

import pytest
import requests

from crawler.scrapyd import orders
from tests.crawler.scrapyd.conftest import copied, scrapyd
from tests.crawler.scrapyd.daemon import AUTH, until
from tests.seed import seed

pytestmark = pytest.mark.process

__all__ = ["copied", "scrapyd"]

RUN = "0" * 32
PLACE = {"project": "default", "spider": "vk_views"}
BY_HAND = PLACE | {"links": "wall-1_1"}

REFUSED = [
    (PLACE | {"run": RUN, "setting": "FEEDS={}"}, "no field 'setting'"),
    (BY_HAND | {"setting": "LOG_LEVEL=DEBUG"}, "no field 'setting'"),
    (BY_HAND | {"_version": "1"}, "no field '_version'"),
    (BY_HAND | {"priority": "1"}, "no field 'priority'"),
    (BY_HAND | {"_job": RUN}, "no field '_job'"),
    (BY_HAND | {"engine": "x"}, "no field 'engine'"),
    (BY_HAND | {"\x1b[31m": "x"}, r"no field '\x1b[31m'"),
    (BY_HAND | {"Setting": "x"}, "no field 'Setting'"),
    (BY_HAND | {"run": RUN}, "one of the two"),
    (PLACE, "one of the two"),
    ({"spider": "vk_views", "links": "wall-1_1"}, "project is missing"),
    ({"project": "default", "links": "wall-1_1"}, "spider is missing"),
    (BY_HAND | {"project": "other"}, "project 'other' not found"),
    (BY_HAND | {"spider": "evil"}, "spider 'evil' not found"),
    (PLACE | {"links": "@.env"}, "the links themselves"),
    (PLACE | {"links": "@/etc/passwd"}, "the links themselves"),
    (PLACE | {"links": "-"}, "the links themselves"),
    (PLACE | {"links": ""}, "no link"),
    (PLACE | {"links": " \n\t"}, "no link"),
    (PLACE | {"links": "wall-1_1\0"}, "NUL"),
    (PLACE | {"links": b"wall-1_1\xff"}, "links is not in UTF-8"),
    (PLACE | {"links": "x" * 131_066}, "131066 bytes, and 131065 are the most"),
    (PLACE | {"links": "ы" * 65_533}, "131066 bytes"),
    (PLACE | {"links": ["wall-1_1", "@.env"]}, "links is given twice"),
    (PLACE | {"run": RUN}, f"run {RUN} is unknown"),
    (PLACE | {"run": "../../x"}, "run must be 32 hexadecimal digits"),
    (PLACE | {"run": ""}, "run must be 32 hexadecimal digits"),
    (BY_HAND | {"jobid": "../../../x"}, "jobid must be 32 hexadecimal digits"),
    (BY_HAND | {"jobid": "A" * 32}, "jobid must be 32 hexadecimal digits"),
    (BY_HAND | {"jobid": "0" * 33}, "jobid must be 32 hexadecimal digits"),
    (BY_HAND | {"jobid": "0" * 32 + "\n"}, "jobid must be 32 hexadecimal digits"),
    (BY_HAND | {"jobid": "٣" * 32}, "jobid must be 32 hexadecimal digits"),
    (PLACE | {"run": RUN, "jobid": "1" * 32}, "jobid must be the run's id"),
]


def test_a_job_is_one_run_or_literal_links_and_all_else_is_refused_in_words(scrapyd):
    address = f"http://127.0.0.1:{scrapyd.port}/schedule.json"
    for form, words in REFUSED:
        for sent in ({"data": form}, {"params": form} if len(str(form)) < 1000 else {"data": form}):
            answer = requests.post(address, auth=AUTH, timeout=20, **sent)
            assert answer.status_code == 200, form
            assert answer.json()["status"] == "error", form
            assert words in answer.json()["message"], form
    assert scrapyd.ask("daemonstatus.json") | {"node_name": ""} == {
        "node_name": "",
        "status": "ok",
        "pending": 0,
        "running": 0,
        "finished": 0,
    }


def test_an_order_that_got_into_the_queue_all_the_same_has_no_file_read(scrapyd):
    (scrapyd.folder / ".env").write_text("VK_TOKENS=canary\n")
    scrapyd.queue(RUN, links="@.env")
    until(lambda: scrapyd.jobs("finished") == [RUN], "finished")
    said = [file.read_text(errors="replace") for file in scrapyd.folder.rglob("*.log")]
    assert "through scrapyd links are given literally" in "".join(said)
    assert "canary" not in "".join(said)
    assert not list((scrapyd.folder / "var").rglob("*.jl"))
    (scrapyd.folder / ".env").unlink()


def test_a_body_that_no_order_has_is_refused_and_one_of_strangers_is_not_kept(scrapyd):
    address = f"http://127.0.0.1:{scrapyd.port}/schedule.json"
    large = b"links=" + b"x" * 3_000_000
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = requests.post(address, data=large, headers=headers, auth=AUTH, timeout=20)
    assert (answer.status_code, answer.json()["status"]) == (413, "error")
    chunks = (b"x" * 100_000 for _ in range(30))
    assert requests.post(address, data=chunks, headers=headers, auth=AUTH, timeout=20).status_code == 413
    assert requests.post(address, data=large, headers=headers, timeout=20).status_code == 401
    with pytest.raises(requests.ConnectionError):
        requests.post(address, data=b"x" * 60_000_000, headers=headers, timeout=20)


@pytest.mark.parametrize("login", [b"", b"Authorization: Basic %s\r\n" % b64encode(":".join(AUTH).encode())])
def test_a_body_in_tiny_chunks_is_cut_off_soon(scrapyd, login):
    head = b"POST /schedule.json HTTP/1.1\r\nHost: localhost\r\n%sTransfer-Encoding: chunked\r\n\r\n" % login
    with socket.create_connection(("127.0.0.1", scrapyd.port), 20) as connection:
        connection.sendall(head)
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            connection.sendall(b"1\r\na\r\n" * 10_000_000)
    assert scrapyd.jobs("pending") == []


def test_a_run_is_a_job_of_the_same_name_and_links_get_a_random_one(scrapyd):
    scrapyd.run(["wall-1_1"])
    waiting = seed(scrapyd.engine, ["wall-1_2"])
    assert scrapyd.ask("schedule.json", **PLACE, run=waiting)["jobid"] == waiting
    by_hand = [scrapyd.ask("schedule.json", **BY_HAND)["jobid"] for _ in range(2)]
    assert all(orders.JOB_ID.fullmatch(job) for job in by_hand)
    assert by_hand[0][:12] != by_hand[1][:12]
    assert sorted(scrapyd.jobs("pending")) == sorted([waiting, *by_hand])


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"project": "default"}, "job is missing"),
        ({"job": RUN}, "project is missing"),
        ({"project": "default", "job": "../x"}, "job must be 32 hexadecimal digits"),
        ({"project": "default", "job": RUN, "signal": "STOP"}, "signal must be one of INT, TERM, KILL"),
        ({"project": "default", "job": RUN, "signal": "19"}, "signal must be one of INT, TERM, KILL"),
        ({"project": "default", "job": RUN, "force": "1"}, "no field 'force'"),
        ({"project": "default", "job": [RUN, "1" * 32]}, "job is given twice"),
    ],
)
def test_neither_is_a_cancel_anything_else(form, words):
    fields = {
        name.encode(): [text.encode() for text in ([value] if isinstance(value, str) else value)]
        for name, value in form.items()
    }
    with pytest.raises(ValueError, match=words.replace("(", r"\(")):
        orders.cancelled(fields)
