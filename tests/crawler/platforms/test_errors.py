import pytest

from crawler.platforms.vk.errors import ERRORS, VkError, read_error

# code, action, reason: VK's list of errors, as far as it concerns us
TABLE = """
1 retry vk_error
2 config credential
3 config credential
4 config credential
5 stop-token credential
6 retry vk_error
7 config credential
8 config credential
9 pause-token credential
10 retry vk_error
12 config credential
13 config credential
14 pause-token credential
15 final-item private
17 stop-token credential
18 final-item not_found
19 final-item private
20 config credential
23 config credential
24 config credential
25 stop-token credential
27 config credential
28 config credential
29 pause-token credential
30 final-item private
36 retry vk_error
37 final-item not_found
38 config credential
39 final-item not_found
40 final-item not_found
42 config credential
43 retry vk_error
100 final-item invalid_link
103 pause-token credential
104 final-item not_found
113 final-item invalid_link
125 final-item invalid_link
200 final-item private
203 final-item private
204 final-item private
210 final-item private
212 final-item private
601 pause-token credential
1051 stop-token credential
1114 stop-token credential
1116 stop-token credential
1117 stop-token credential
1118 stop-token credential
1260 final-item invalid_link
1600 final-item not_found
3300 pause-token credential
3609 stop-token credential
3610 stop-token credential
"""


def test_the_table_is_complete():
    expected = [tuple(line.split()) for line in TABLE.strip().splitlines()]
    assert [(str(code), error.action, error.reason) for code, error in ERRORS.items()] == expected


def test_an_unknown_code_is_tried_again_and_kept():
    error = VkError(7777)
    assert (error.meaning.action, error.meaning.reason) == ("retry", "vk_error")
    assert "7777" in str(error)


@pytest.mark.parametrize(
    ("words", "subcode", "action"),
    [
        ("Access denied", 0, "final-item"),
        ("Access denied: this wall available only for community members", 0, "final-item"),  # vknet/vk#672
        ("Access denied", 1133, "stop-token"),
        ("Access denied: no access to call this method", 0, "stop-token"),  # PipedreamHQ/pipedream#4451
        ("Access denied: it cannot be called with current scopes.", 0, "stop-token"),
        ("Access denied: no access to call this method", 1134, "config"),
    ],
)
def test_access_denied_may_be_about_the_token_or_the_application(words, subcode, action):
    error = read_error({"error_code": 15, "error_subcode": subcode, "error_msg": words})
    assert error.meaning.action == action


def test_whatever_pauses_a_token_says_for_how_long():
    assert all(meaning.seconds > 0 for meaning in ERRORS.values())


@pytest.mark.parametrize("given", [None, [], "x", {}, {"error_code": "5"}, {"error_code": True}, {"error_code": -1}])
def test_an_error_that_makes_no_sense_is_vks_own_trouble(given):
    assert read_error(given).code == 10


def test_nothing_vk_says_in_words_is_kept():
    given = {"error_code": 5, "error_msg": "SECRET", "request_params": [{"key": "access_token", "value": "SECRET"}]}
    assert "SECRET" not in repr(read_error(given)) + str(read_error(given))
