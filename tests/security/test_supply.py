"""What we build on: pinned, of licences that we may use, without weaknesses that we know of."""

import json
import re
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.checkout import ROOT
from tests.security.audit import ACCEPTED
from tests.security.licences import licences, pins
from tests.system import free_port

FLOORS = {  # facts of the advisories: the first versions in which all that is known is mended
    "scrapy": "2.18",
    "scrapyd": "1.6",
    "twisted": "26.4.0",
    "werkzeug": "3.1.6",
    "flask": "3.1.3",
    "pyjwt": "2.15",
    "flask-jwt-extended": "4.7",
}
PERMISSIVE = {
    "Apache Software License", "Apache-2.0", "BSD License", "BSD-2-Clause", "BSD-3-Clause", "MIT", "MIT License",
    "MIT-0", "PSF-2.0", "Python Software Foundation License", "ZPL-2.1", "Zope Public License",
}  # fmt: skip
WEAK_COPYLEFT = {  # used as they come and not changed, which these licences allow to anybody
    "certifi": "Mozilla Public License 2.0 (MPL 2.0)",
    "psycopg": "LGPL-3.0-only",
    "psycopg-binary": "LGPL-3.0-only",
}
UNKNOWN = "GHSA-xxxx-yyyy-zzzz"


def numbers(version):
    return [int(number) for number in re.findall(r"\d+", version)]


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_T40_every_pin_has_hashes(file):
    entries = re.split(r"\n(?=\S)", (ROOT / file).read_text())
    requirements = [entry for entry in entries if not entry.startswith("#")]
    assert len(requirements) >= len(pins(file)) > 50  # one may be pinned apart for newer Pythons
    assert [entry.partition("\n")[0] for entry in requirements if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize(("name", "floor"), FLOORS.items())
def test_T40_no_version_is_below_its_floor(name, floor):
    assert numbers(pins()[name]) >= numbers(floor)


def test_T40_every_licence_is_one_that_we_may_use():
    rows = list(licences())
    assert len(rows) > 50
    strange = {
        name: licence
        for name, _, licence in rows
        if not set(re.split(r" AND | OR |; ", licence)) <= PERMISSIVE and WEAK_COPYLEFT.get(name) != licence
    }
    assert strange == {}


@contextmanager
def advisories(found):
    """A source of advisories on loopback, in OSV's words: `found` are ids by package."""

    class Source(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]["name"]
            asked_for.append(asked)
            answer = json.dumps({"vulns": [weakness(asked, each) for each in found.get(asked, ())]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    asked_for = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Source)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query", asked_for
    finally:
        server.shutdown()
        server.server_close()


def weakness(name, number):
    package = {"name": name, "ecosystem": "PyPI"}
    events = [{"introduced": "0"}, {"fixed": "9999"}]
    affected = [{"package": package, "ranges": [{"type": "ECOSYSTEM", "events": events}], "versions": []}]
    when = "2026-01-01T00:00:00Z"
    return {
        "id": number,
        "summary": "It breaks.",
        "aliases": [],
        "published": when,
        "modified": when,
        "affected": affected,
    }


def audit(url):
    command = [sys.executable, "-m", "tests.security.audit", "--osv-url", url, "--timeout", "5"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.process
def test_T40_the_audit_asks_for_every_pin_and_lets_the_accepted_finding_pass():
    (accepted,) = ACCEPTED
    with advisories({"setuptools": [accepted]}) as (url, asked):
        done = audit(url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{accepted}, fixed in 9999: setuptools below 83" in done.stdout
    assert {"scrapy", "flask", "uv", "twisted"} <= set(asked)


@pytest.mark.process
def test_T40_a_finding_that_nobody_has_explained_fails_the_audit():
    with advisories({"flask": [UNKNOWN]}) as (url, _):
        done = audit(url)
    assert done.returncode == 1
    assert f"{UNKNOWN}, fixed in 9999: NOT EXPLAINED" in done.stdout


@pytest.mark.process
def test_T40_without_a_source_nothing_looks_like_a_success():
    done = audit(f"http://127.0.0.1:{free_port()}/v1/query")
    assert (done.returncode, done.stdout) == (3, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("NOT AUDITED: no advisory source can be reached: ")
