"""What a start says of its database once all is ready."""

import pytest

from control.accounts import first_administrator
from control.supervision import prepare


@pytest.fixture
def said(sqlite_url, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("SQLALCHEMY_DATABASE_URL", sqlite_url)
    monkeypatch.setattr(first_administrator, "VAR", tmp_path)
    monkeypatch.setattr(prepare, "problems", lambda _engine: ["VK refuses a token", "something else"])

    def say():
        prepare.main(["known"])
        return capsys.readouterr().out.splitlines()

    return say


def test_the_key_to_the_first_administrator_comes_first_then_the_problems(said):
    assert said() == [first_administrator.key(), "VK refuses a token", "something else"]


def test_where_there_is_an_administrator_the_first_line_is_empty(said):
    engine = prepare.create()
    assert first_administrator.create(engine, "root", "none")
    engine.dispose()
    assert said() == ["", "VK refuses a token", "something else"]
