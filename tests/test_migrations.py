import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import IntegrityError

from crawler.database import writing
from tests.conftest import migrate
from tests.seed import seed


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    server = request.getfixturevalue("postgresql_server")
    engine = create_engine(server.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS empty")
        connection.exec_driver_sql("CREATE DATABASE empty")
    engine.dispose()
    return server.format("empty")


def test_up_is_what_the_models_say_and_down_leaves_nothing(empty_url):
    migrate(empty_url)
    assert "No new upgrade operations detected" in migrate(empty_url, "check").stdout
    migrate(empty_url, "downgrade", "base")
    engine = create_engine(empty_url)
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()
    migrate(empty_url)


def test_a_final_link_never_changes(engine):
    seed(engine, links=["wall-1_1"])
    with writing(engine) as connection:
        connection.execute(text("UPDATE links SET status = 'failed', reason = 'lost'"))
    with pytest.raises(IntegrityError, match="final link never changes"), writing(engine) as connection:
        connection.execute(text("UPDATE links SET detail = 'x'"))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE links SET status = 'gone'",
        "UPDATE links SET status = 'done'",  # without a reading
        "UPDATE links SET status = 'failed'",  # without a reason
        "UPDATE links SET reason = 'lost'",  # of a link that has not failed
        "UPDATE runs SET state = 'asleep'",
    ],
)
def test_the_database_refuses_what_cannot_be(engine, change):
    seed(engine, links=["wall-1_1"])
    with pytest.raises(IntegrityError), writing(engine) as connection:
        connection.execute(text(change))
