"""T19: what a user may ask for holds over all API processes together. Two real ones, on one PostgreSQL."""

import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import pytest
import requests

from control.web.shared_windows import LOOK_SECONDS
from tests.system import PASSWORD, PLENTY, clean_environment, free_port

pytestmark = pytest.mark.process
ROOT = Path(__file__).resolve().parents[2]
A_MINUTE, A_SECOND = 60, 20
SECONDS = 3
LIMITS = {"CHANGES_PER_MINUTE": str(A_MINUTE), "READS_PER_SECOND": str(A_SECOND)}
NOWHERE = "/batches/" + "0" * 32


@contextmanager
def api(url):
    address = f"http://127.0.0.1:{(port := free_port())}"
    own = {"SQLALCHEMY_DATABASE_URL": url, "PORT": str(port), "SECRET_KEY": "k" * 48, "SCRAPYD_PASSWORD": "unused"}
    command = [sys.executable, "-m", "control.api"]
    with subprocess.Popen(command, cwd=ROOT, env=clean_environment() | PLENTY | LIMITS | own) as process:
        try:
            yield address
        finally:
            process.terminate()


def wait_for(address):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with suppress(requests.ConnectionError):
            return requests.get(f"{address}/servez", timeout=5).raise_for_status()
        time.sleep(0.05)
    raise AssertionError(f"{address} does not answer")


def at_once(apis):
    """Both of them in turn, three times as often as a user may ask."""
    began = time.monotonic()
    for number, address in enumerate(islice(cycle(apis), 3 * A_SECOND * SECONDS)):
        time.sleep(max(0.0, began + number / (3 * A_SECOND) - time.monotonic()))
        yield address


@pytest.fixture
def session():
    with requests.Session() as session:
        session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=8))
        yield session


def test_T19_limits_hold_over_all_apis_together(postgresql_url, session):
    with ExitStack() as stack, ThreadPoolExecutor(8) as pool:
        apis = [stack.enter_context(api(postgresql_url)) for _ in range(2)]
        for each in apis:
            wait_for(each)
        who = {"username": "anna", "password": PASSWORD}
        assert session.post(f"{apis[0]}/users", json=who).status_code == 201
        token = session.post(f"{apis[0]}/users/login", json=who).json()["token"]
        session.headers["Authorization"] = f"Bearer {token}"
        time.sleep(LOOK_SECONDS)  # the first has looked for others before the second was there

        def ask(method, path, address):
            return session.request(method, f"{address}{path}", timeout=30).status_code

        began = time.monotonic()
        reads = Counter(pool.map(partial(ask, "GET", "/users/me"), at_once(apis)))
        windows = time.monotonic() - began + 1  # that can have begun meanwhile
        assert set(reads) == {200, 429}
        assert A_SECOND * SECONDS * 0.9 <= reads[200] <= A_SECOND * windows * 1.1
        asked = islice(cycle(apis), 3 * A_MINUTE)
        changes = Counter(pool.map(partial(ask, "POST", f"{NOWHERE}/cancel"), asked))
        assert set(changes) == {404, 429}
        assert A_MINUTE * 0.9 <= changes[404] <= A_MINUTE * 1.1
