import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from control import settings
from control.secret_files import secret


@pytest.fixture(autouse=True)
def secrets(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "k" * 32)
    monkeypatch.setenv("SCRAPYD_PASSWORD", "p" * 32)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("BATCH_DEADLINE", "90s", 90.0),
        ("BATCH_DEADLINE", "7d", 604800.0),
        ("BATCH_DEADLINE", "", 86400.0),
        ("SCRAPYD_URLS", "http://a:1, http://b:2/", ("http://a:1", "http://b:2")),
        ("PORT", "80", 80),
        ("ALGORITHM", "HS512", "HS512"),
    ],
)
def test_right_values(monkeypatch, name, text, value):
    monkeypatch.setenv(name, text)
    assert getattr(settings.load(), name.lower()) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SECRET_KEY", "short secret"),
        ("ALGORITHM", "none"),
        ("ALGORITHM", "RS256"),
        ("PORT", "http"),
        ("PORT", "70000"),
        ("MAX_RUNS", "0"),
        ("BATCH_DEADLINE", "tomorrow"),
        ("BATCH_DEADLINE", "0h"),
        ("SCRAPYD_URLS", "localhost:6800"),
        ("SCRAPYD_URLS", ","),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_setting(monkeypatch, name, text):
    monkeypatch.setenv(name, text)
    with pytest.raises(ValueError, match=name) as error:
        settings.load()
    assert "\n" not in str(error.value)
    assert "short secret" not in str(error.value)


def test_a_generated_secret_stays_and_is_ours_alone(tmp_path):
    folder = tmp_path / "var"
    first = secret("secret_key", folder)
    assert secret("secret_key", folder) == first
    assert len(first) >= 32
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600
    assert [file.name for file in folder.iterdir()] == ["secret_key"]


def test_many_processes_that_make_it_at_once_agree(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: secret("x", tmp_path), range(8)))) == 1
