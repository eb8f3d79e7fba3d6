"""How long a login takes that fails: for a user whom nobody knows, beside one whose password is wrong.

Who could tell the two apart by the time would learn which users there are. The tries alternate; printed is a ratio.
"""

import os
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from control.app import create_app
from control.settings import Settings
from tests.conftest import migrate

TRIES = int(sys.argv[1]) if len(sys.argv) > 1 else 50
PLENTY = 1_000_000_000
KNOWN = {"username": "anna", "password": "correct horse"}


def measure(folder: Path) -> dict[str, list[float]]:
    url = f"sqlite:///{folder / 'views.db'}"
    migrate(url)
    os.environ["SQLALCHEMY_DATABASE_URL"] = url
    keys = {"secret_key": "k" * 32, "scrapyd_password": "unused"}
    client = create_app(Settings(**keys, logins_per_hour=PLENTY, registrations_per_hour=PLENTY)).test_client()
    assert client.post("/users", json=KNOWN).status_code == 201
    times: dict[str, list[float]] = {"unknown user": [], "wrong password": []}
    for number in range(TRIES):
        for kind, taken in times.items():
            name = f"nobody {number}" if kind == "unknown user" else "anna"
            began = perf_counter()
            status = client.post("/users/login", json={"username": name, "password": "wrong"}).status_code
            taken.append(perf_counter() - began)
            assert status == 401
        if number % 5 == 4:  # before the account has to wait
            assert client.post("/users/login", json=KNOWN).status_code == 200
    return times


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        times = measure(Path(folder))
    medians = {kind: median(seconds) for kind, seconds in times.items()}
    for kind, seconds in medians.items():
        print(f"{kind}: median of {TRIES} tries {1000 * seconds:.1f} ms")
    print(f"ratio: {medians['unknown user'] / medians['wrong password']:.3f} (0.9 to 1.1 is wanted)")


if __name__ == "__main__":
    main()
