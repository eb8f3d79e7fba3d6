import pytest


@pytest.fixture
def database_url(sqlite_url):
    """It asks no database."""
    return sqlite_url


def test_it_answers_without_a_database(anonymous, monkeypatch):
    monkeypatch.setattr("sqlalchemy.Engine.connect", None)
    answer = anonymous.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"alive": True})
