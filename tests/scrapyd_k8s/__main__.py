"""A scrapyd-k8s of our own: `python -m tests.scrapyd_k8s --port 6800 --username views --password …`.

Its answers are those of scrapyd_k8s/api.py at ca52c5e (0.9): what is wrong with a request is HTTP 400 or 404 and JSON,
any error of Kubernetes is HTTP 500 and HTML, `status.json` and a console are not there, and a password is asked for
everywhere but at /healthz. The jobs are processes, see launcher.py. It has those routes that a scheduler of ours, its
doctor and a person with curl ask for.
"""

import argparse
from hmac import compare_digest
from types import SimpleNamespace

from flask import Flask, Response, request

from tests.scrapyd_k8s.launcher import Images, Processes

PROJECT = "default"
OWN = ("project", "spider", "setting", "jobid", "priority", "_version")  # all else is an argument of the spider's

app, jobs, images = Flask(__name__), Processes(None), Images(None)


@app.before_request
def ask_for_the_password():
    given = request.authorization
    right = given and compare_digest(f"{given.username}:{given.password}", app.config["USER"])
    if request.path == "/healthz" or right:
        return None
    return Response(status=401, headers={"WWW-Authenticate": 'Basic realm=""'})


@app.get("/healthz")
def healthz():
    return "OK"


@app.get("/daemonstatus.json")
def daemonstatus():
    return ok(**{state: len(listed) for state, listed in by_state(jobs.listjobs()).items()})


@app.get("/listprojects.json")
def listprojects():
    return ok(projects=[PROJECT])


@app.get("/listspiders.json")
def listspiders():
    project = request.args.get("project")
    if project != PROJECT:
        return error(404, "project not found in configuration") if project else missing("project", "query")
    return ok(spiders=images.listspiders(None, project, "latest"))


@app.get("/listjobs.json")
def listjobs():
    return ok(**by_state(jobs.listjobs(request.args.get("project"))))


@app.post("/schedule.json")
def schedule():
    form = request.form
    if form.get("project") != PROJECT:
        return error(400, "project not found in configuration") if form.get("project") else missing("project", "form")
    if not form.get("spider"):
        return missing("spider", "form")
    arguments = {name: value for name, value in form.items() if name not in OWN}
    jobs.schedule(SimpleNamespace(id=lambda: PROJECT), "latest", form["spider"], form["jobid"], {}, arguments)
    return ok(jobid=form["jobid"])


@app.post("/cancel.json")
def cancel():
    form = request.form
    state = jobs.cancel(form["project"], form["job"], form.get("signal", "TERM"))
    return ok(prevstate=state) if state else error(404, "job not found")


def by_state(listed):
    return {state: [job for job in listed if job["state"] == state] for state in ("pending", "running", "finished")}


def ok(**more):
    return {"status": "ok", "node_name": "default", **more}


def error(status, message):
    return {"status": "error", "message": message, "node_name": "default"}, status


def missing(name, where):
    return error(400, f"{name} missing in {where} parameters")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("port", "username", "password"):
        parser.add_argument(f"--{name}", required=True)
    chosen = parser.parse_args()
    app.config["USER"] = f"{chosen.username}:{chosen.password}"
    app.run("127.0.0.1", int(chosen.port))  # the same server as the real one's
