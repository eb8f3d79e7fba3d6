import gc
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, event

from control.supervision import prepare
from crawler.store import database
from crawler.store.partitions import conversion
from crawler.store.partitions.months import Month
from tests import order, postgresql, thoroughness

ROOT = Path(__file__).resolve().parents[1]
STARTING = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system"}  # audit events
COMPILED = {}
DATABASE_SERVERS = {"postgresql_server", "postgresql_url", "migrated_postgresql", "partitioned_url"}


def pytest_addoption(parser):
    parser.addoption("--no-processes", action="store_true", help="leave out what starts a process: `make check`")


def pytest_configure(config):
    thoroughness.checking = config.getoption("--no-processes")


def pytest_collection_modifyitems(config, items):
    """Leave out what is marked `process`, and what asks for a PostgreSQL; begin with the longest."""
    items[:] = order.begin_with_the_longest(items)
    if config.getoption("--no-processes"):
        left_out = [item for item in items if _starts_processes(item)]
        items[:] = [item for item in items if item not in set(left_out)]
        config.hook.pytest_deselected(items=left_out)


def pytest_collection_finish():
    """Thousands of tests stay until the end: a tenth of the time went into searching them for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


def _starts_processes(item):
    asked = set(getattr(item, "fixturenames", ()))
    chosen = getattr(item, "callspec", None) and item.callspec.params.get("database_url")
    of_server = chosen in {"postgresql", "partitioned"}
    return bool(item.get_closest_marker("process")) or bool(asked & DATABASE_SERVERS) or of_server


@pytest.fixture(scope="session", autouse=True)
def no_processes(request):
    """A test that starts a process and does not say so fails there, so that `make check` stays what it says."""
    if request.config.getoption("--no-processes"):
        sys.addaudithook(_refuse_processes)


def _refuse_processes(event, _arguments):
    if event in STARTING:
        raise AssertionError("this starts a process: mark the test `process`")


class Compiled(dict):
    """Compiled statements, by all of SQLAlchemy's key but the dialect, of which each engine has its own."""

    def get(self, key, default=None):
        return super().get(key[1:], default)

    def __setitem__(self, key, statement):
        super().__setitem__(key[1:], statement)


@event.listens_for(Engine, "engine_connect")
def compile_once(connection):
    """Statements are compiled once for all engines of a kind, which differ from test to test by their address only."""
    engine = connection.engine
    engine._compiled_cache = COMPILED.setdefault(engine.dialect.name, Compiled())


def migrate(url, *command):
    """Run Alembic as the operator does, in a process of its own."""
    environment = os.environ | {"SQLALCHEMY_DATABASE_URL": str(url)}
    alembic = [sys.executable, "-m", "alembic", *(command or ("upgrade", "head"))]
    return subprocess.run(alembic, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory):
    """A migrated, empty SQLite file, to be copied."""
    file = tmp_path_factory.mktemp("sqlite") / "views.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SQLALCHEMY_DATABASE_URL", f"sqlite:///{file}")
        patch.setattr(prepare, "say", lambda _line: None)
        prepare.migrate()
    return file


@pytest.fixture(scope="session")
def postgresql_server():
    if postgresql.binaries() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("PostgreSQL's server is not installed")
    with postgresql.running() as server:
        yield server.address


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_server):
    """A migrated, empty database named `template`, to be copied."""
    execute(postgresql_server, "CREATE DATABASE template")
    migrate(postgresql_server.format("template"))
    return postgresql_server


def execute(server, statement):
    engine = create_engine(server.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


@pytest.fixture
def sqlite_url(migrated_sqlite, tmp_path):
    """The address of a migrated database of this test's own."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'views.db')}"


@pytest.fixture(scope="session")
def copying(migrated_postgresql):
    """A connection that stays, for to open one costs more than the copy that it orders."""
    engine = create_engine(migrated_postgresql.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def postgresql_url(migrated_postgresql, copying):
    with copied(migrated_postgresql, copying, "template") as url:
        yield url


@contextmanager
def copied(server, copying, template):
    name = f"test_{uuid4().hex}"
    copying.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.format(name)
    if copying.exec_driver_sql(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'").scalar() == 0:
        copying.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")  # threads of an app may look at it still


@pytest.fixture(scope="session")
def partitioned_postgresql(migrated_postgresql, copying):
    """A database whose readings have partitions, to be copied. The second one that is stored begins a new month."""
    copying.exec_driver_sql("CREATE DATABASE partitioned TEMPLATE template")
    engine = database.create(url=migrated_postgresql.format("partitioned"))
    conversion.convert(engine, lambda _line: None)
    with engine.begin() as connection:
        next_month = Month.of(database.read_clock(connection)).later(1)
        connection.exec_driver_sql(f"SELECT setval('readings_id_seq', {next_month.first_id - 1}, false)")
    engine.dispose()
    return migrated_postgresql


@pytest.fixture
def partitioned_url(partitioned_postgresql, copying):
    with copied(partitioned_postgresql, copying, "partitioned") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def engine(database_url):
    engine = database.create(url=database_url)
    yield engine
    engine.dispose()
