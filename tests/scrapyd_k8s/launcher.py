"""What keeps jobs in place of a Kubernetes cluster: each is a process. The stand-in uses it, and the real scrapyd-k8s
does where a test is given a checkout of it; so it knows the standard library only.

It behaves as `K8s` in scrapyd_k8s/launcher/k8s.py, seen at ca52c5e: a second job of one name cannot be made, jobs that
are over stay, and while Kubernetes does not answer there are no jobs to be seen. Faults are the lines of a file:

* `out`: Kubernetes does not answer.
* `obeyed`: a job is made, and an error is answered all the same.
* `slow`: a job has its process two seconds after it was made, as an image is pulled.
* `broken`: a job's process ends at once, as with an image that does not start.
"""

import os
import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer

FOLDER = "SCRAPYD_K8S_FOLDER"  # the variable with the folder for faults and for what the jobs say
IMAGE = "SCRAPYD_K8S_IMAGE"  # the variable with the checkout that is the image of each job
FAULTS = "faults"
SLOW_SECONDS = 2.0
STATES = {True: "running", False: "finished"}


class KubernetesError(Exception):
    """What the client of Kubernetes would raise."""


class Job:
    """A pod's life: pending until it has a process, then running, then finished."""

    def __init__(self, project, spider, id_, arguments):
        self.project, self.spider, self.id = project, spider, id_
        self.command = ["scrapy", "crawl", spider, *arguments]
        self.process = self.start_time = None

    def start(self):
        names = ("SCRAPY_PROJECT", "SCRAPYD_SPIDER", "SCRAPYD_JOB")
        environment = os.environ | dict(zip(names, (self.project, self.spider, self.id), strict=True))
        del environment["PYTHONPATH"]  # it leads elsewhere
        self.start_time = str(datetime.now(UTC).replace(tzinfo=None))
        with (Path(os.environ[FOLDER]) / f"{self.id}.log").open("wb") as log:
            command = ["false"] if "broken" in faults() else self.command
            self.process = subprocess.Popen(
                command, cwd=os.environ[IMAGE], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    @property
    def state(self):
        return STATES[self.process.poll() is None] if self.process else "pending"

    def shown(self):
        times = {"start_time": self.start_time, "end_time": None}
        return {"id": self.id, "state": self.state, "project": self.project, "spider": self.spider, **times}


class Processes:
    """A launcher of scrapyd-k8s: `launcher = tests.scrapyd_k8s.launcher.Processes`."""

    def __init__(self, _config):
        self.jobs = {}

    def get_node_name(self):
        return "default"

    def listjobs(self, project=None):
        found = [] if "out" in faults() else list(self.jobs.values())
        return [job.shown() for job in found if project in {None, job.project}]

    def schedule(self, project, _version, spider, job_id, settings, args):
        if "out" in faults() or job_id in self.jobs:
            raise KubernetesError(job_id)
        given = (("-a", args), ("-s", settings))
        words = [word for option, pairs in given for pair in pairs.items() for word in (option, "=".join(pair))]
        job = self.jobs[job_id] = Job(project.id(), spider, job_id, words)
        if "slow" in faults():
            Timer(SLOW_SECONDS, job.start).start()
        else:
            job.start()
        if "obeyed" in faults():
            raise KubernetesError(job_id)

    def cancel(self, project, job_id, name):
        """Send a signal: the spider is told nothing else."""
        job = None if "out" in faults() else self.jobs.get(job_id)
        if job is None or job.project != project:
            return None
        if (state := job.state) == "running":
            job.process.send_signal(signal.Signals[f"SIG{name}"])
        elif state == "pending":
            del self.jobs[job_id]
        return state


class Images:
    """A repository of scrapyd-k8s: one image, with the labels of ours."""

    def __init__(self, _config):
        pass

    def listtags(self, _repository):
        return ["latest"]

    def listspiders(self, _repository, _project, version):
        return ["vk_views"] if version == "latest" else None


def faults():
    file = Path(os.environ[FOLDER]) / FAULTS
    return set(file.read_text().split()) if file.exists() else set()
