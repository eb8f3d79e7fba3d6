import os
import stat
from ipaddress import ip_network

import pytest

from control import settings
from control.settings import Settings, SettingsError

NAMES = [name.upper() for name in Settings.model_fields]
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch, tmp_path):
    """Nothing is set, and var/ is an empty directory of the test's own."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(settings.environment, "VAR", tmp_path / "var")


def test_every_setting_has_a_default(tmp_path):
    chosen = Settings()
    assert (chosen.algorithm, chosen.host, chosen.port) == ("HS256", "127.0.0.1", 8000)
    assert (chosen.scrapyd_urls, chosen.scrapyd_username) == ({"http://127.0.0.1:6800": 0}, "views")
    assert (chosen.max_runs, chosen.batch_deadline) == (os.cpu_count(), 86_400)
    for name, value in (("secret_key", chosen.secret_key), ("scrapyd_password", chosen.scrapyd_password)):
        file = tmp_path / "var" / name
        assert file.read_text().strip() == value
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert len(value) >= 32
    assert (Settings().secret_key, Settings().scrapyd_password) == (chosen.secret_key, chosen.scrapyd_password)


def test_a_given_secret_makes_no_file(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", KEY)
    monkeypatch.setenv("SCRAPYD_PASSWORD", "given")
    assert (Settings().secret_key, Settings().scrapyd_password) == (KEY, "given")
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("name", NAMES)
def test_empty_is_unset(monkeypatch, name):
    usual = Settings()
    monkeypatch.setenv(name, "")
    assert Settings() == usual


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("SECRET_KEY", "ключ" * 4, "ключ" * 4),
        ("ALGORITHM", "HS512", "HS512"),
        ("HOST", "0.0.0.0", "0.0.0.0"),
        ("PORT", "65535", 65_535),
        ("SCRAPYD_URLS", "http://a:6800/, https://b ,http://a:6800", {"http://a:6800": 0, "https://b": 0}),
        ("SCRAPYD_URLS", "http://[::1]:6800", {"http://[::1]:6800": 0}),
        ("SCRAPYD_URLS", "http://k8s:6800/#slots=8,http://b#slots=1000", {"http://k8s:6800": 8, "http://b": 1000}),
        ("NODE_URL", " http://10.0.0.5:6800/ ", "http://10.0.0.5:6800"),
        ("NODE_URL", "http://node-1.internal", "http://node-1.internal"),
        ("NODE_URL", "https://node-1.internal", "https://node-1.internal"),
        ("NODE_URL", "http://[fd00::5]:6800", "http://[fd00::5]:6800"),
        ("ROLES", "node", {"node"}),
        ("ROLES", "API, scheduler,api", {"api", "scheduler"}),
        ("SCRAPYD_USERNAME", "someone", "someone"),
        ("MAX_RUNS", "1", 1),
        ("BATCH_DEADLINE", "90s", 90),
        ("BATCH_DEADLINE", "30m", 1800),
        ("BATCH_DEADLINE", "24h", 86_400),
        ("BATCH_DEADLINE", " 7 d ", 604_800),
        ("REGISTRATION", "closed", "closed"),
        ("TRUSTED_HOSTS", "Views.example, [2001:DB8::1]", ("views.example", "[2001:db8::1]")),
        ("TRUSTED_PROXIES", "10.0.0.0/8, ::1", (ip_network("10.0.0.0/8"), ip_network("::1"))),
        ("CORS_ORIGINS", "https://app.example,http://localhost:3000", ("https://app.example", "http://localhost:3000")),
        ("MOST_WAITING_LINKS", "1000", 1000),
    ],
)
def test_good_values(monkeypatch, name, text, value):
    monkeypatch.setenv(name, text)
    assert getattr(Settings(), name.lower()) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SECRET_KEY", KEY[:-1]),
        ("ALGORITHM", "none"),
        ("ALGORITHM", "RS256"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("SCRAPYD_URLS", ","),
        ("SCRAPYD_URLS", "127.0.0.1:6800"),
        ("SCRAPYD_URLS", "ftp://127.0.0.1"),
        ("SCRAPYD_URLS", "http://127.0.0.1:port"),
        ("SCRAPYD_URLS", "http://127.0.0.1:99999"),
        ("SCRAPYD_URLS", "http://[::1"),
        ("SCRAPYD_URLS", "http://"),
        ("SCRAPYD_URLS", "http://a:6800#slots"),
        ("SCRAPYD_URLS", "http://a:6800#slots=0"),
        ("SCRAPYD_URLS", "http://a:6800#slots=1001"),
        ("SCRAPYD_URLS", "http://a:6800#slots=８"),
        ("SCRAPYD_URLS", "http://a:6800#"),
        ("SCRAPYD_URLS", "#slots=8"),
        ("SCRAPYD_URLS", "http://a b:6800"),
        ("SCRAPYD_URLS", "http://views:hidden@127.0.0.1:6800"),
        ("NODE_URL", "10.0.0.5:6800"),
        ("NODE_URL", "ftp://10.0.0.5:6800"),
        ("NODE_URL", "http://10.0.0.5:6800/below"),
        ("NODE_URL", "http://10.0.0.5:port"),
        ("NODE_URL", "http://views:hidden@10.0.0.5:6800"),
        ("SCRAPYD_HTTP_PORT", "0"),
        ("SCRAPYD_CA", "no/such/file.pem"),
        ("SCRAPYD_CA", "/"),
        ("SCRAPYD_CA", "LICENSE"),
        ("ROLES", ","),
        ("ROLES", "api,nodes"),
        ("SCRAPYD_USERNAME", "a:b"),
        ("SCRAPYD_USERNAME", "a b"),
        ("SCRAPYD_USERNAME", "имя"),
        ("SCRAPYD_USERNAME", "naïve"),
        ("SCRAPYD_USERNAME", "a\x7fb"),
        ("SCRAPYD_PASSWORD", "пароль" * 6),
        ("SCRAPYD_PASSWORD", "naïve" * 8),
        ("SCRAPYD_PASSWORD", "a\tb" * 12),
        ("SCRAPYD_PASSWORD", "a\nb" * 12),
        ("MAX_RUNS", "0"),
        ("MAX_RUNS", "many"),
        ("BATCH_DEADLINE", "0s"),
        ("BATCH_DEADLINE", "24"),
        ("BATCH_DEADLINE", "-1h"),
        ("BATCH_DEADLINE", "1h30m"),
        ("BATCH_DEADLINE", "367d"),
        ("BATCH_DEADLINE", "٣h"),
        ("REGISTRATION", "invitation"),
        ("TRUSTED_HOSTS", "*"),
        ("TRUSTED_HOSTS", "views.example:8000"),
        ("TRUSTED_HOSTS", "https://views.example"),
        ("TRUSTED_PROXIES", "*"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "proxy.example"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "app.example"),
        ("CORS_ORIGINS", "https://app.example/"),
        ("READS_PER_SECOND", "0"),
        ("MOST_LINKS_PER_DAY", "-1"),
    ],
)
def test_a_bad_value_is_one_line_with_its_name_and_without_itself(monkeypatch, name, text):
    monkeypatch.setenv(name, text)
    with pytest.raises(SettingsError) as caught:
        Settings()
    (line,) = str(caught.value).splitlines()
    assert line.startswith(name)
    assert KEY[:-1] not in line
    assert "hidden" not in line


def test_every_bad_value_has_its_line(monkeypatch):
    monkeypatch.setenv("PORT", "x")
    monkeypatch.setenv("MAX_RUNS", "x")
    with pytest.raises(SettingsError) as caught:
        Settings()
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == ["PORT", "MAX_RUNS"]


def test_secrets_are_not_shown():
    chosen = Settings()
    assert chosen.secret_key not in repr(chosen)
    assert chosen.scrapyd_password not in repr(chosen)


def test_the_default_node_counts_only_where_this_host_has_it(monkeypatch):
    monkeypatch.setenv("MAX_RUNS", "3")
    assert Settings().listed_nodes == {"http://127.0.0.1:6800": 3}
    monkeypatch.setenv("ROLES", "api,scheduler")
    assert Settings().listed_nodes == {}
    monkeypatch.setenv("SCRAPYD_URLS", "http://10.0.0.5:6800,http://10.0.0.6:6800#slots=8")
    assert Settings().listed_nodes == {"http://10.0.0.5:6800": 3, "http://10.0.0.6:6800": 8}
    monkeypatch.delenv("SCRAPYD_URLS")
    monkeypatch.setenv("ROLES", "node")
    monkeypatch.setenv("NODE_URL", "http://10.0.0.7:6800")
    assert Settings().listed_nodes == {}
