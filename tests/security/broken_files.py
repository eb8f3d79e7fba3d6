"""`python -m tests.security.broken_files`: files that came to harm. Nothing of the API ends but the reader's child.

Whole files of every kind are cut, overwritten, doubled and mixed by a seeded random. The child reads each; one in so
many goes through `POST /imports` of an API of its own, and is accepted where it was understood.
"""

import argparse
import io
import json
import os
import random
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import requests

from crawler.spreadsheets.reading import child
from crawler.spreadsheets.reading.reader import Read
from crawler.spreadsheets.reading.refusals import FileRefused
from tests.crawler.spreadsheets.reading.packages import zipped
from tests.security.served import served
from tests.security.whole_files import whole_files
from tests.system import PASSWORD

SENT_BY_HTTP = 20  # one in so many
ORDER = json.dumps({"corrections": {}, "rows": True, "platform": ""})
FORESEEN = {201, 202, 409, 413, 415, 422, 429}
BUSY = 503  # says when to come again


class Broken(NamedTuple):
    kind: str
    data: bytes


def broken_files(count: int, seed: int) -> Iterator[Broken]:
    """Make so many, the same ones for a seed."""
    rng = random.Random(seed)
    whole = whole_files()
    for number in range(count):
        kind = sorted(whole)[number % len(whole)]
        way, other = rng.choice(WAYS), whole[rng.choice(sorted(whole))]
        yield Broken(kind, way(rng, whole[kind], other))


def _flip(rng: random.Random, data: bytes, _other: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 4, 64))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _cut(rng: random.Random, data: bytes, _other: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


def _hole(rng: random.Random, data: bytes, _other: bytes) -> bytes:
    begin = rng.randrange(len(data))
    return data[:begin] + data[begin + rng.randrange(1, 400) :]


def _splice(rng: random.Random, data: bytes, other: bytes) -> bytes:
    return data[: rng.randrange(len(data))] + other[rng.randrange(len(other)) :]


def _noise(rng: random.Random, data: bytes, _other: bytes) -> bytes:
    begin = rng.randrange(len(data))
    return data[:begin] + rng.randbytes(rng.randrange(1, 64)) + data[begin + 32 :]


def _double(rng: random.Random, data: bytes, _other: bytes) -> bytes:
    begin, end = sorted(rng.randrange(len(data)) for _ in range(2))
    return data[:end] + data[begin:end] * rng.choice((1, 2, 20)) + data[end:]


def _inside(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """Break a part of a zip, and make it a whole zip again."""
    if not data.startswith(b"PK"):
        return _splice(rng, data, other)
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    name = rng.choice(sorted(name for name, content in parts.items() if content))
    way = rng.choice((_flip, _cut, _hole, _noise, _double, _number))
    return zipped(parts | {name: way(rng, parts[name], other)})


def _number(rng: random.Random, data: bytes, _other: bytes) -> bytes:
    """Where sizes and counts stand, write one that is too large, or none."""
    at = rng.randrange(max(1, len(data) - 4))
    return data[:at] + rng.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f")) + data[at + 4 :]


WAYS = (_flip, _cut, _hole, _splice, _noise, _double, _number, _inside)


def read(broken: Broken) -> str:
    """Have it read by what runs in the reader's child, and return what came of it."""
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as answer:
        file.write(broken.data)
        file.seek(0)
        if _forked(file.fileno(), answer.fileno()):
            return "ended"
        answer.seek(0)
        said = json.loads(answer.readline())
        if "refused" in said:
            assert str(FileRefused(*said["refused"])).endswith(".")
            return "refused"
        assert sum(1 for _ in Read(said["understood"], answer).rows()) == said["understood"]["rows"]
    return "read"


def _forked(file: int, answer: int) -> int:
    """Run the child's program in a fork, which need not load it once more; return its wait status."""
    pid = os.fork()
    if pid == 0:
        code = 1
        with suppress(BaseException):
            os.dup2(file, 0)
            os.dup2(answer, 1)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            sys.argv = ["child", ORDER]
            child.main()
            code = 0
        os._exit(code)
    return os.waitpid(pid, 0)[1]


class Sender:
    """Who sends files, as a user of the API at this address."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        who = {"username": "analyst", "password": PASSWORD}
        self.session.post(f"{url}/users", json=who)
        self.session.headers["Authorization"] = (
            f"Bearer {self.session.post(f'{url}/users/login', json=who).json()['token']}"
        )

    def send(self, broken: Broken) -> list[int]:
        """Send it, accept what is understood, and return the statuses."""
        made = self.session.post(f"{self.url}/imports", files={"file": ("a", broken.data)}, timeout=300)
        answers = [made]
        if made.ok:
            answers.append(self.session.post(f"{made.json()['url']}/accept", timeout=300))
            self.session.delete(made.json()["url"])
        return [_checked(answer) for answer in answers]


def _checked(answer: requests.Response) -> int:
    if answer.status_code == BUSY:
        assert "Retry-After" in answer.headers
    else:
        assert answer.status_code in FORESEEN, (answer.status_code, answer.text)
        assert answer.ok or answer.json()["detail"]
    return answer.status_code


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.security.broken_files", description=__doc__)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    found: Counter[Any] = Counter()
    with tempfile.TemporaryDirectory() as name, served(Path(name)) as url:
        sender = Sender(url)
        for number, broken in enumerate(broken_files(chosen.files, chosen.seed)):
            found[broken.kind, read(broken)] += 1
            if number % SENT_BY_HTTP == 0:
                found.update(("answered", status) for status in sender.send(broken))
        assert requests.get(f"{url}/healthz", timeout=60).ok
    for what, count in sorted(found.items(), key=str):
        print(f"{count:6}  {' '.join(map(str, what))}")


if __name__ == "__main__":
    main()
