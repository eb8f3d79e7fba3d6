"""How long a failing login takes: with an unknown name, and with a wrong password. The attempts alternate.

If the times differed, anybody could find out which users there are.
"""

from statistics import median
from time import perf_counter

from tests.bench import storage
from tests.bench.figures import Figure
from tests.bench.server import Server
from tests.system import PASSWORD

AT_ONCE = 5  # failures of an account before a right login: after ten it would have to wait


def measure(times: int = 50) -> list[Figure]:
    unknown, wrong = [], []
    with storage.storage(storage.SQLITE) as url, Server(url) as server:
        for number in range(times):
            unknown.append(fail(server, f"nobody {number}"))
            wrong.append(fail(server, "analyst"))
            if number % AT_ONCE == 0:
                server.ask("POST", "/users/login", json={"username": "analyst", "password": PASSWORD})
    how = f"medians of {times}: {1000 * median(unknown):.1f} and {1000 * median(wrong):.1f} ms"
    ratio = median(unknown) / median(wrong)
    return [Figure("login, unknown user ÷ wrong password", ratio, at_least=0.9, at_most=1.1, how=how)]


def fail(server: Server, username: str) -> float:
    began = perf_counter()
    answer = server.session.post(f"{server.url}/users/login", json={"username": username, "password": "wrong"})
    seconds = perf_counter() - began
    assert answer.status_code == 401, answer.text
    return seconds
