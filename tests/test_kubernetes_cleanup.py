"""The script of the CronJob that deletes finished Jobs, asked to do so over HTTPS."""

import json
import os
import runpy
import ssl
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
import trustme

from tests.kubernetes import OVERLAY

pytestmark = pytest.mark.process

SCRIPT = OVERLAY / "delete_finished_jobs.py"
JOBS = "/apis/batch/v1/namespaces/views-stats/jobs"


def job(name, condition=None, minutes=0, status="True"):
    """A Job as Kubernetes shows it, with a condition that came up so many minutes ago."""
    at = (datetime.now(UTC) - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    conditions = [{"type": condition, "status": status, "lastTransitionTime": at}] if condition else None
    return {"metadata": {"name": name}, "status": {"conditions": conditions} if conditions else {}}


class Kubernetes(BaseHTTPRequestHandler):
    """Its API as far as it is asked, one Job a page. Who shows no token of ours gets 401."""

    def do_GET(self):
        where, query = urlsplit(self.path), parse_qs(urlsplit(self.path).query)
        names = sorted(self.server.jobs)
        at = int(query.get("continue", ["0"])[0])
        more = {"continue": str(at + 1)} if at + 1 < len(names) else {}
        ours = where.path == JOBS and query["labelSelector"] == ["org.scrapy.project=default"]
        self.answer(
            {"metadata": more, "items": [self.server.jobs[name] for name in names[at : at + 1]] if ours else []}
        )

    def do_DELETE(self):
        where = urlsplit(self.path)
        assert parse_qs(where.query) == {"propagationPolicy": ["Background"]}  # its pods go, too
        self.answer(self.server.jobs.pop(where.path.removeprefix(f"{JOBS}/")))

    def answer(self, found):
        body = json.dumps(found).encode()
        self.send_response(200 if self.headers["Authorization"] == "Bearer token" else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def kubernetes(authority, jobs):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Kubernetes)
    server.jobs = {each["metadata"]["name"]: each for each in jobs}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def account(tmp_path):
    """What Kubernetes mounts for a pod that has an account."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.crt")
    (tmp_path / "namespace").write_text("views-stats")
    (tmp_path / "token").write_text("token\n")
    return authority, tmp_path


def test_jobs_go_an_hour_after_their_end_and_no_others(account, capsys):
    authority, folder = account
    old = [job("done", "Complete", 61), job("failed", "Failed", 600)]
    kept = [
        job("running"),
        job("just done", "Complete", 59),
        job("waits for its turn", "Suspended", 600),
        job("goes on", "Suspended", 600, status="False"),
        job("not failed", "Failed", 600, status="False"),
    ]
    with kubernetes(authority, [*old, *kept]) as server:
        runpy.run_path(str(SCRIPT))["main"](f"https://127.0.0.1:{server.server_port}", folder)
        assert server.jobs.keys() == {each["metadata"]["name"] for each in kept}
    assert capsys.readouterr().out == "deleted 2 finished jobs\n"


def test_another_kubernetes_than_that_of_its_account_is_not_asked(account):
    _, folder = account
    with kubernetes(trustme.CA(), [job("done", "Complete", 61)]) as server:
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            runpy.run_path(str(SCRIPT))["main"](f"https://127.0.0.1:{server.server_port}", folder)
        assert server.jobs


def test_without_an_account_it_fails():
    where = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    run = subprocess.run(
        [sys.executable, str(SCRIPT)], env=os.environ | where, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert "No such file or directory: '/var/run/secrets/kubernetes.io/serviceaccount/namespace'" in run.stderr
