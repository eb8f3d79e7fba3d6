"""A scrapyd-k8s as tests hold it in hand: the stand-in, or the real one of a checkout."""

import os
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import requests

from tests.checkout import ROOT
from tests.processes import MARK, marked
from tests.scrapyd_k8s.launcher import FAULTS, FOLDER, IMAGE
from tests.system import clean_environment, free_port

AUTH = ("views", "the password of a scrapyd-k8s of the tests")
REAL = os.environ.get("SCRAPYD_K8S", "")  # where a checkout of https://github.com/q-m/scrapyd-k8s lies
CONFIGURATION = f"""
[scrapyd]
http_port = {{port}}
username = {AUTH[0]}
password = {AUTH[1]}
launcher = tests.scrapyd_k8s.launcher.Processes
repository = tests.scrapyd_k8s.launcher.Images
[project.default]
repository = views-stats
"""


class Engine:
    """For as long as the context lasts. `image` is the checkout that its jobs have, `spider` their environment, `real`
    the path of a scrapyd-k8s.

    Of the real one all that it answers is real: its api.py, config.py and server run as they are. Not real are the
    cluster and the images, which are those of launcher.py.
    """

    def __init__(self, folder, image, spider, real=""):
        self.folder, self.real, self.port = folder, real, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.mark = f"{os.getpid()}-k8s-{self.port}"
        own = {MARK: self.mark, FOLDER: str(folder), IMAGE: str(image)}
        paths = {"PYTHONPATH": f"{real}:{ROOT}", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        self.environment = clean_environment() | spider | own | paths

    def command(self):
        if not self.real:
            words = ["--port", str(self.port), "--username", AUTH[0], "--password", AUTH[1]]
            return [sys.executable, "-m", "tests.scrapyd_k8s", *words]
        file = self.folder / "scrapyd_k8s.conf"
        file.write_text(CONFIGURATION.format(port=self.port))
        own = Path(self.real, ".venv/bin/python")  # its requirements are not ours
        return [str(own if own.exists() else sys.executable), "-m", "scrapyd_k8s", "-c", str(file)]

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "scrapyd_k8s.log").open("wb") as log:
            self.process = subprocess.Popen(self.command(), cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait(self):
        end = monotonic() + 30
        while monotonic() < end and self.process.poll() is None:
            try:
                return requests.get(f"{self.url}/healthz", timeout=5)
            except requests.ConnectionError:
                sleep(0.05)
        raise AssertionError((self.folder / "scrapyd_k8s.log").read_text())

    def __exit__(self, *_):
        for pid in marked(self.mark):
            os.kill(pid, 9)
        self.process.wait(10)

    def fail(self, *faults):
        """Let it fail in these ways of launcher.py from now on, and in no other."""
        (self.folder / FAULTS).write_text("\n".join(faults))

    def ask(self, path, **form):
        method = "POST" if form else "GET"
        return requests.request(method, f"{self.url}/{path}", data=form, auth=AUTH, timeout=20)

    def jobs(self, *states):
        listed = self.ask("listjobs.json?project=default").json()
        return [job["id"] for state in states for job in listed[state]]

    def log(self, job):
        return (self.folder / f"{job}.log").read_text()
