"""Hostile input: links, names, headers, queries, paths and bodies that have broken other programs."""

import json

LONG = "x" * 5000
DEEP = 20_000

TEXTS = [
    "",
    " ",
    "\0",
    "a\0b",
    "\r\nSet-Cookie: a=b",
    "\ud800",
    "\udfff\ud800",
    "\ufeff",
    "\u202egnp.exe",
    "\u2028\u2029",
    "e\u0301" * 100,
    "Z\u0351\u036b\u0343\u036a\u0302" * 50,
    "🎈👩\u200d👩\u200d👧",
    "ﷺ" * 100,
    "İıſK",
    "../../../../etc/passwd",
    "..\\..\\windows",
    "file:///etc/passwd",
    "javascript:alert(1)",
    '"><script>alert(1)</script>',
    'https://vk.com/wall1_1#"onmouseover=alert(1)',
    "{{7*7}}${7*7}<%= 7*7 %>#{7*7}",
    "%s%n%x%d{0}{0.__class__}",
    "$(id)`id`;id|id&&id",
    "'; DROP TABLE links; --",
    "1' OR '1'='1",
    '") OR 1=1 --',
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "-1",
    "0",
    "00",
    "1e309",
    "NaN",
    "99999999999999999999999999",
    "-9223372036854775809",
    "0x7fffffff",
    "٣",
    "null",
    "true",
    "[]",
    "{}",
    "__proto__",
    "constructor",
    "__class__",
    "http://127.0.0.1:6800/schedule.json",
    "http://2130706433/",
    "http://[::ffff:127.0.0.1]/",
    "https://vk.com@evil.example/wall-1_2",
    "https://vk.com/wall-1_99999999999999999999",
    "https://vk.com/wall-1_2\\@evil.example",
    LONG,
]

QUERIES = [
    "",
    "?",
    "&&&=&=",
    "limit",
    "limit=",
    "limit=1&limit=2",
    "limit=1e3",
    "limit=%2B1",
    "limit=1_0",
    "limit=" + "9" * 5000,
    "limit=-0",
    "limit=0x10",
    "limit=%D9%A3",
    "limit=true",
    "limit[]=1",
    "cursor=",
    "cursor=%00",
    "cursor=%FF%FE",
    "cursor=%ED%A0%80",
    "cursor=%",
    "cursor=%zz",
    "cursor=999999999",
    "cursor=9999999999999999999999",
    "cursor=" + "0" * 32,
    "cursor=" + "a" * 5000,
    "cursor='",
    "status=",
    "status=done&status=failed",
    "status=%00done",
    "status=DONE",
    "%00=1",
    "%FF=%FF",
    "a" * 8000 + "=1",
    "&".join(f"a{number}={number}" for number in range(2000)),
    "jwt=x",
    "access_token=x",
    "__class__=1",
    "_method=DELETE",
]

HEADERS = [
    {"Authorization": value}
    for value in (
        "",
        " ",
        "Bearer",
        "Bearer ",
        "Bearer \xff",
        "bearer x",
        "Bearer x y",
        "Basic Og==",
        "Basic %",
        "Bearer null",
    )
]
HEADERS += [
    {"Authorization": f"Bearer {value}"} for value in ("a.b", "a.b.c", "..", "e30.e30.", "x" * 8000, "e30.bnVsbA.x")
]
HEADERS += [
    {"Idempotency-Key": "\xff"},
    {"Idempotency-Key": "'"},
    {"Idempotency-Key": "k" * 256},
    {"Idempotency-Key": ""},
    {"Content-Type": "application/json; charset=utf-7"},
    {"Content-Type": "application/json; charset=\xff"},
    {"Content-Type": "APPLICATION/JSON"},
    {"Content-Type": ";"},
    {"Content-Type": "multipart/form-data; boundary=" + "x" * 500},
    {"Content-Type": "multipart/form-data"},
    {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Encoding": "gzip"},
    {"Content-Length": "-1"},
    {"Content-Length": "x"},
    {"Accept": "*/*;q=x"},
    {"Accept": "image/png"},
    {"Accept-Language": "x" * 2000},
    {"Cookie": "access_token_cookie=x; a=" + "b" * 4000},
    {"Cookie": '$Version=1; "'},
    {"Range": "bytes=0-18446744073709551615"},
    {"If-Match": '"x'},
    {"If-None-Match": "*"},
    {"If-Modified-Since": "yesterday"},
    {"Origin": "https://evil.example"},
    {"Referer": "\xff"},
    {"X-Forwarded-For": "127.0.0.1, '"},
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Proto": "javascript"},
    {"X-HTTP-Method-Override": "DELETE"},
    {"X-Original-URL": "/metrics"},
    {"Forwarded": "for=_x;host=evil"},
    {"Expect": "x"},
    {"Upgrade": "h2c"},
    {"Transfer-Encoding": "identity"},
    {"X": "x" * 8000},
]

PATHS = [
    "%00",
    "%FF",
    "%ED%A0%80",
    "%2e%2e",
    "%2F",
    "%5C",
    "..",
    ".",
    "%20",
    "%0d%0aSet-Cookie:%20a=b",
    "'",
    '"',
    "<script>",
    "1",
    "-1",
    "0" * 32,
    "f" * 32,
    "F" * 32,
    "0" * 5000,
    "%F0%9F%8E%88",
    "%D9%A3" * 32,
    "null",
    "{}",
    "*",
    ";a=b",
    "x%00" + "0" * 30,
    "%25%30%30",
]

FIELDS = ("links", "deadline", "only", "username", "password", "name", "scope", "expires_in", "limit", "id")


def _values() -> list[object]:
    numbers: list[object] = [0, -1, 2**31, 2**63, 2**64, 10**308, 1.5, -0.0, 1e308]
    others: list[object] = [None, True, False, [], {}, [[]], [{}], [None], [1], {"a": {"b": {}}}]
    return numbers + others + list(TEXTS)


def bodies() -> list[bytes]:
    """Return bodies, those that have every field, those that have what one route wants, and those that are no JSON."""
    whole = [json.dumps(dict.fromkeys(FIELDS, value)).encode() for value in _values()]
    good = [
        shape for text in TEXTS for shape in ({"links": [text]}, {"username": text, "password": text}, {"name": text})
    ]
    texts = [json.dumps(shape).encode() for shape in good]
    return whole + texts + [*BROKEN]


BROKEN = [
    b"",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"{",
    b"}",
    b"[" * DEEP,
    b'{"a":' * DEEP,
    b"[" * 31 + b"]" * 31,
    b'{"links":[' + b"[]," * DEEP + b"1]}",
    b'{"links": ["x"], "links": 1}',
    b'{"a": 1, "a": 2}',
    b"9" * 60_000,
    b'{"links": ' + b"9" * 60_000 + b"}",
    b'{"links": 1e99999}',
    b'{"links": [1e999, NaN, -Infinity]}',
    b'{"links": ["\xc3\x28"]}',
    b'{"links": ["\xed\xa0\x80"]}',
    b'{"links": ["\\ud800"], "username": "\\ud800", "password": "\\udfff12345678"}',
    b'{"links": ["\\u0000"], "username": "\\u0000", "password": "\\u0000\\u0000"}',
    b'{"\\u0000": 1}',
    b'{"\\ud800": 1}',
    b'{"": 1}',
    b'{"__proto__": {"admin": true}}',
    b"{" + b",".join(b'"a%d":1' % number for number in range(99)) + b"}",
    b"{" + b",".join(b'"a%d":1' % number for number in range(5000)) + b"}",
    b'"' + b"\\" * 9999,
    b'"{\\"links\\": []}"',
    '{"links": []}'.encode("utf-16"),
    '{"links": []}'.encode("utf-32"),
    b"links=x&username=y",
    b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    b"PK\x03\x04",
]
