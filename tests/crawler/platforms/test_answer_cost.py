"""What a hostile answer of the API costs its reader: time that grows with its length and no faster."""

import gc
import time
from dataclasses import replace

import pytest

from crawler.platforms import vk
from crawler.platforms.contract import Reply, Want
from tests.thoroughness import every

ACCESS = vk.access({"VK_TOKENS": "a-token"})
TOKEN = ACCESS.credentials[0]
SMALL = 200_000
LEAST = 0.005  # seconds, below which no time tells anything


def whole(head, unit, tail=""):
    return lambda size: (head + unit * (size // len(unit)) + tail).encode()


HOSTILE = {
    "our post again and again": whole('{"response":[', '{"owner_id":-1,"id":5,"views":{"count":7}},', "0]}"),
    "another post": whole('{"response":[', '{"owner_id":-1,"id":999999},', "0]}"),
    "owners of a post": whole(
        '{"response":[{"owner_id":-9,"id":9,"views":{"count":1},"coowners":{"list":[',
        '{"owner_id":-1,"post_id":5},',
        "0]}}]}",
    ),
    "posts of several owners": whole(
        '{"response":[',
        '{"owner_id":-9,"id":9,"coowners":{"list":[{"owner_id":-1,"post_id":5},{"owner_id":-1,"post_id":6}]}},',
        "0]}",
    ),
    "errors of execute": whole(
        f'{{"response":[{",".join(["false"] * 25)}],"execute_errors":[', '{"error_code":15,"error_msg":"a"},', "0]}"
    ),
    "the words of an error": whole('{"error":{"error_code":15,"error_msg":"', "no access to call this method ", '"}}'),
    "letters of an error": whole('{"error":{"error_code":15,"error_msg":"', "a", '"}}'),
    "parameters of an error": whole('{"error":{"error_code":9,"request_params":[', '{"key":"a","value":"b"},', "0]}}"),
    "the words of a card": whole(
        '{"response":[{"owner_id":-1,"id":5,"content_restricted":1,"content_restricted_message":"', "\u0301 ", '"}]}'
    ),
    "brackets": whole('{"response":', "["),
    "digits": whole('{"response":', "1", "}"),
    "lists": whole('{"response":[', "[],", "0]}"),
}


def seconds(call, size, kind):
    body = HOSTILE[kind](size)
    return min(_seconds(call, body) for _ in range(3))


def _seconds(call, body):
    start = time.process_time()
    vk.read(call, Reply(200, call.url, "application/json", body))
    return time.process_time() - start


@pytest.mark.parametrize("kind", every(3, list(HOSTILE)))
@pytest.mark.parametrize("kind_of_token", ["user", "service"])
def test_an_answer_of_four_times_the_length_takes_about_four_times_as_long(kind, kind_of_token):
    token = replace(TOKEN, kind=kind_of_token)
    wants = [Want(vk.identify(f"wall-1_{item}")) for item in range(1, 2501)]
    call = vk.calls(wants, ACCESS, [token])[0]
    gc.disable()
    try:
        assert seconds(call, 4 * SMALL, kind) < 10 * max(seconds(call, SMALL, kind), LEAST)
    finally:
        gc.enable()
