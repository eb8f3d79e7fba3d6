"""scrapyd's port and the browser of somebody who knows its password: what pages of other sites get done there."""

import os
import shutil
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import quote

import pytest
import requests
from playwright.sync_api import sync_playwright
from sqlalchemy import select

from crawler.scrapyd import browsers
from crawler.store.models.runs import Run
from tests.crawler.scrapyd.conftest import copied, scrapyd
from tests.crawler.scrapyd.daemon import AUTH, until
from tests.seed import seed

pytestmark = pytest.mark.process

__all__ = ["copied", "scrapyd"]

LAN = "console.test"  # a name that Chromium does not take for this machine: it tells nothing but the origin there
EVIL = "evil.example"
READ = ["", "jobs", "logs/", "nowhere", "daemonstatus.json", "schedule.json", "listprojects.json"]


@pytest.fixture
def chromium():
    path = shutil.which("chromium")
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Chromium is not installed")
    names = f"--host-resolver-rules=MAP {LAN} 127.0.0.1, MAP {EVIL} 127.0.0.1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", names])
        yield browser
        browser.close()


@contextmanager
def site(page):
    """Serve a page at every path, as somebody else; its port."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def form(action, **fields):
    hidden = "".join(f"<input type=hidden name={name} value='{value}'>" for name, value in fields.items())
    return f"<form method=post action={action}>{hidden}</form>"


def console(chromium, scrapyd, host="127.0.0.1"):
    """A page of a browser that has logged in at scrapyd's console, and keeps the password by itself."""
    page = chromium.new_page()
    page.goto(f"http://{AUTH[0]}:{quote(AUTH[1])}@{host}:{scrapyd.port}/jobs")
    assert page.inner_text("h1") == "Jobs"
    return page


@pytest.mark.parametrize("host", [EVIL, "localhost", "127.0.0.1"])
def test_no_form_of_another_origin_orders_or_cancels_anything(scrapyd, chromium, tmp_path, host):
    run = scrapyd.run(["wall-1_1"])
    address = f"http://127.0.0.1:{scrapyd.port}"
    waiting = seed(scrapyd.engine, ["wall-1_2"])
    schedule = form(f"{address}/schedule.json", project="default", spider="vk_views", run=waiting)
    cancel = form(f"{address}/cancel.json", project="default", job=run)
    sent = []
    page = console(chromium, scrapyd)
    page.on("request", lambda request: sent.append(request.all_headers()) if request.method == "POST" else None)
    with site(schedule + cancel) as port:
        for number, path in enumerate(("schedule.json", "cancel.json")):
            page.goto(f"http://{host}:{port}/")
            page.evaluate(f"document.forms[{number}].submit()")
            page.wait_for_url(f"**/{path}")
            assert "a page of another site" in page.inner_text("body")
    assert all("authorization" in headers for headers in sent)
    assert len(sent) == 2
    assert scrapyd.jobs("pending") == []
    assert scrapyd.outcome(run) == ("running", None)


SCRIPT = """async ([address, mode]) => {
    const body = new URLSearchParams({project: 'default', spider: 'vk_views', links: 'wall-1_1'})
    const options = {method: 'POST', mode, credentials: 'include', body}
    try { const answer = await fetch(address, options); return answer.type } catch (error) { return 'refused' }
}"""
SANDBOX = (
    "<iframe sandbox='allow-scripts allow-forms' srcdoc=\"{}<script>document.forms[0].submit()</script>\"></iframe>"
)


def test_neither_does_a_script_or_a_frame_and_no_page_reads_or_frames_the_console(scrapyd, chromium):
    address = f"http://127.0.0.1:{scrapyd.port}"
    ordered = form(f"{address}/schedule.json", project="default", spider="vk_views", links="wall-1_1").replace("'", "")
    page = console(chromium, scrapyd)
    with site(SANDBOX.format(ordered) + f"<iframe src={address}/jobs></iframe><img src={address}/jobs?image>") as port:
        page.goto(f"http://{EVIL}:{port}/")
        for asked in ("POST /schedule.json", "GET /jobs", "GET /jobs?image"):
            line = f'"{asked} HTTP/1.1" 403'
            until(lambda line=line: page.wait_for_timeout(50) or line in scrapyd.log.read_text(), line)
        assert page.evaluate(SCRIPT, [f"{address}/schedule.json", "cors"]) == "refused"
        assert page.evaluate(SCRIPT, [f"{address}/schedule.json", "no-cors"]) in {"opaque", "refused"}
        page.goto(f"{address}/jobs")  # a link that is followed
        assert page.inner_text("h1") == "Jobs"
    assert scrapyd.jobs("pending") == scrapyd.jobs("running") == scrapyd.jobs("finished") == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", LAN])
def test_the_consoles_own_cancel_goes_on_working_and_asks_first(scrapyd, chromium, host):
    scrapyd.environment["SCRAPYD_URLS"] = f"http://{LAN}:{scrapyd.port}"
    scrapyd.stop()
    scrapyd.start()
    run = scrapyd.run(["wall-1_1"])
    page = console(chromium, scrapyd, host)
    complaints, questions = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("dialog", lambda dialog: (questions.append(dialog.message), dialog.accept()))
    page.click("input[value=Cancel]")
    page.wait_for_url("**/cancel.json")
    assert '"prevstate": "running"' in page.inner_text("body")
    assert scrapyd.outcome(run) == ("finished", "cancelled")
    assert (complaints, questions) == ([], ["Are you sure?"])


FOREIGN = [
    {"Origin": "http://evil.example"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "null"},
    {"Origin": "http://[broken"},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "what else there will be"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "{own}"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
]
OWN = [
    {},
    {"Origin": "{own}"},
    {"Origin": "{own}", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
]


def test_whatever_changes_something_is_refused_to_pages_of_other_sites(scrapyd):
    address = f"http://127.0.0.1:{scrapyd.port}"
    run = seed(scrapyd.engine, ["wall-1_1"])

    def cancel(headers):
        given = {name: value.format(own=address) for name, value in headers.items()}
        order = {"project": "default", "job": run}
        return requests.post(f"{address}/cancel.json", data=order, headers=given, auth=AUTH, timeout=20)

    for headers in FOREIGN:
        assert cancel(headers).status_code == 403, headers
    assert scrapyd.one(select(Run.state).where(Run.id == run)) == ("queued",)
    for headers in OWN:
        assert cancel(headers).status_code == 200, headers
    assert scrapyd.outcome(run) == ("finished", "cancelled")


def test_every_answer_binds_the_browsers_hands_and_lets_no_other_origin_in(scrapyd):
    scrapyd.run(["wall-1_1"])
    asked = [("GET", path, AUTH) for path in [*READ, "logs/default/vk_views/"]]
    asked += [("OPTIONS", "schedule.json", AUTH), ("HEAD", "jobs", AUTH), ("POST", "cancel.json", AUTH)]
    asked += [
        ("GET", "jobs", None),
        ("POST", "schedule.json", None),
        ("PUT", "jobs", AUTH),
        ("GET", "jobs", ("views", "wrong")),
    ]
    for method, path, auth in asked:
        address = f"http://127.0.0.1:{scrapyd.port}/{path}"
        answer = requests.request(method, address, auth=auth, timeout=20)
        assert not [name for name in answer.headers if name.lower().startswith("access-control")], path
        told = {name: answer.headers.get(name) for name in browsers.HEADERS}
        assert told == browsers.HEADERS, (method, path)
        assert "Server" not in answer.headers
    assert "frame-ancestors 'none'" in browsers.POLICY
    assert browsers.HEADERS["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:{port}", 200),
        ("LOCALHOST", 200),
        ("[::1]:1", 200),
        ("evil.example", 400),
        ("evil.example:{port}", 400),
        ("localhost.evil.example:{port}", 400),
        ("127.0.0.1.evil.example", 400),
        ("10.0.0.1:{port}", 400),
        ("[::2]", 400),
        ("localhost:{port}:80", 400),
        ("", 400),
    ],
)
def test_no_other_name_leads_to_it(scrapyd, host, status):
    address = f"http://127.0.0.1:{scrapyd.port}/jobs"
    answer = requests.get(address, auth=AUTH, headers={"Host": host.format(port=scrapyd.port)}, timeout=20)
    assert answer.status_code == status
    anonymous = requests.get(address, headers={"Host": host.format(port=scrapyd.port)}, timeout=20)
    assert anonymous.status_code == (401 if status == 200 else status)
