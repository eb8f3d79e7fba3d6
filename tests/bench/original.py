"""The way of the original, written anew: Flask takes links and works on them in its own process, a page for each link,
one after the other.

`python -m tests.bench.original SITE DATABASE PORT` is asked as ours is: links come by POST, GET tells how far they are.
It is spared what the original had around that: no users, no queue, no start of a process for a task.
"""

import re
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread
from typing import Any, Self

import requests
from bs4 import BeautifulSoup
from flask import Flask, request
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from waitress import serve  # type: ignore[import-untyped]

from tests.bench.server import await_answer
from tests.checkout import ROOT
from tests.system import free_port

PAGE_BYTES, LATENCY_SECONDS = 200_000, 0.1
OPTIONS = (f"--page-bytes={PAGE_BYTES}", f"--latency={LATENCY_SECONDS}")  # of the stand-in


class Base(DeclarativeBase):
    pass


class Task(Base):
    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(primary_key=True)
    link: Mapped[str]
    status: Mapped[str] = mapped_column(default="created")
    views: Mapped[int | None]


class Worker:
    def __init__(self, site: str, database: str) -> None:
        self.engine = create_engine(database)
        Base.metadata.create_all(self.engine)
        self.site = site
        self.http = requests.Session()
        self.http.trust_env = False

    def take(self, links: list[str]) -> list[int]:
        """Store the links and begin to work on them."""
        with Session(self.engine) as session:
            tasks = [Task(link=link) for link in links]
            session.add_all(tasks)
            session.commit()
            ids = [task.id for task in tasks]
        Thread(target=self.work, args=(ids,)).start()
        return ids

    def work(self, ids: list[int]) -> None:
        with Session(self.engine) as session:
            for task in session.scalars(select(Task).where(Task.id.in_(ids)).order_by(Task.id)).all():
                task.views = self.measure(task.link)
                task.status = "done" if task.views is not None else "failed"
                session.commit()

    def measure(self, link: str) -> int | None:
        page = self.http.get(link.replace("https://vk.com", self.site), timeout=20)
        counter = BeautifulSoup(page.text, "html.parser").find("div", class_="like_views")
        digits = re.sub(r"\D", "", str(counter["title"])) if counter else ""
        return int(digits) if digits else None

    def tasks(self) -> list[dict[str, Any]]:
        with Session(self.engine) as session:
            return [
                {"id": task.id, "status": task.status, "views": task.views} for task in session.scalars(select(Task))
            ]


def application(worker: Worker) -> Flask:
    app = Flask("original")
    app.add_url_rule("/get-views/vk", view_func=lambda: worker.take(request.json["links"]), methods=["POST"])
    app.add_url_rule("/get-bg-tasks", view_func=worker.tasks)
    return app


class Original:
    """Such a process, warm, for as long as the context lasts."""

    def __init__(self, site: str, folder: Path) -> None:
        port = str(free_port())
        self.url = f"http://127.0.0.1:{port}"
        database = f"sqlite:///{folder}/original.db"
        self.command = [sys.executable, "-m", "tests.bench.original", site, database, port]
        self.session = requests.Session()

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(self.command, cwd=ROOT)
        await_answer(self.session, f"{self.url}/get-bg-tasks", self.process)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()

    def work(self, links: list[str], look: float) -> list[int | None]:
        """Return the views of each once all are done, None where the page has none; asked every so many seconds."""
        ids = self.session.post(f"{self.url}/get-views/vk", json={"links": links}).json()
        while True:
            tasks = {task["id"]: task for task in self.session.get(f"{self.url}/get-bg-tasks").json()}
            if all(tasks[id_]["status"] != "created" for id_ in ids):
                return [tasks[id_]["views"] for id_ in ids]
            time.sleep(look)


def main() -> None:
    site, database, port = sys.argv[1:]
    serve(application(Worker(site, database)), host="127.0.0.1", port=port)


if __name__ == "__main__":
    main()
