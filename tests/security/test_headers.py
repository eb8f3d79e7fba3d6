"""What browsers are told, and whom we take to be asking: statements T31 to T33."""

import pytest
import requests

from control.settings import Settings
from control.web.client_address import Proxies
from tests.control.conftest import SETTINGS, problem

FOREIGN = {"Origin": "https://evil.example"}
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


def test_T31_no_other_origin_is_let_in_by_default(anonymous):
    for answer in (
        anonymous.get("/healthz", headers=FOREIGN),
        anonymous.options("/batches", headers=FOREIGN | PREFLIGHT),
    ):
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_T31_a_listed_one_is_and_no_other(again):
    client = again(cors_origins="https://app.example, http://localhost:3000")
    ours = {"Origin": "https://app.example"}
    preflight = client.options("/batches", headers=ours | PREFLIGHT)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert preflight.headers["Access-Control-Allow-Headers"].lower() == "authorization"
    answer = client.get("/batches", headers=ours)
    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    for origin in ("https://evil.example", "https://app.example.evil.example", "http://app.example", "null"):
        answer = client.options("/batches", headers={"Origin": origin} | PREFLIGHT)
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("GET", "/docs", 200),
        ("GET", "/batches", 401),
        ("GET", "/nowhere", 404),
        ("PUT", "/batches", 405),
        ("POST", "/users", 415),
    ],
)
def test_T32_every_answer_binds_the_browsers_hands(anonymous, method, path, status):
    answer = anonymous.open(path, method=method)
    assert answer.status_code == status
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; ")
    assert "frame-ancestors 'none'" in policy
    assert ("unsafe-inline" in policy) == (path == "/docs")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in answer.headers
    assert "Server" not in answer.headers


def test_T32_so_does_what_the_server_itself_refuses(address):
    answer = requests.get(f"{address}/healthz", headers={"X-Long": "x" * 300_000}, timeout=10)
    assert answer.status_code == 431
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_T32_under_tls_it_has_to_stay_there(anonymous):
    answer = anonymous.get("/healthz", base_url="https://localhost")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "10.0.0.1:8000", "[::2]", "xn--e1afmkfd", "a b"]
)
def test_T33_another_name_is_refused_everywhere(anonymous, host):
    for path in ("/healthz", "/docs", "/nowhere", "/batches"):
        assert problem(anonymous.get(path, headers={"Host": host})) == (400, "wrong_host")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000", "views.example"])
def test_T33_its_own_names_are_not(again, host):
    assert again(trusted_hosts="views.example").get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("trusted", "proxy", "forwarded", "seen"),
    [
        ("", "192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1", "198.51.100.7", "198.51.100.7"),
        ("192.0.2.1", "192.0.2.2", "198.51.100.7", "192.0.2.2"),
        ("192.0.2.0/24", "192.0.2.1", "203.0.113.9, 198.51.100.7, 192.0.2.5", "198.51.100.7"),
        ("192.0.2.0/24", "192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.0/24", "192.0.2.1", "192.0.2.9", "192.0.2.9"),
        ("::1", "::1", "2001:db8::1", "2001:db8::1"),
        ("192.0.2.1", "192.0.2.1", "<script>", "<script>"),
        ("192.0.2.1", "", "198.51.100.7", ""),
    ],
)
def test_T19_behind_a_trusted_proxy_the_clients_address_counts(trusted, proxy, forwarded, seen):
    asked = []
    networks = Settings(**SETTINGS, trusted_proxies=trusted).trusted_proxies
    app = Proxies(lambda environ, _: asked.append(environ), networks)
    app({"REMOTE_ADDR": proxy, "HTTP_X_FORWARDED_FOR": forwarded, "HTTP_X_FORWARDED_HOST": "evil.example"}, None)
    assert asked[0]["REMOTE_ADDR"] == seen
    assert not [name for name in asked[0] if name.startswith("HTTP_X_FORWARDED")]


def test_T32_a_trusted_proxy_says_that_it_is_asked_under_tls(app, anonymous):
    app.wsgi_app = Proxies(app.wsgi_app, Settings(**SETTINGS, trusted_proxies="127.0.0.1").trusted_proxies)
    headers = {"X-Forwarded-Proto": "https"}
    assert "Strict-Transport-Security" in anonymous.get("/healthz", headers=headers).headers
    anonymous.environ_base["REMOTE_ADDR"] = "192.0.2.1"
    assert "Strict-Transport-Security" not in anonymous.get("/healthz", headers=headers).headers
