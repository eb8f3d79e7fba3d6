"""The way of the original, written anew: in one process of its own, a page for each link, one after the other.

`python -m tests.bench.original SITE DATABASE` reads lines of links and answers each with a line of their views, once
they are stored. It is spared what the original had around it: no API, no queue, no start of a process for a task.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Self

import requests
from bs4 import BeautifulSoup
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from tests.checkout import ROOT

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
        engine = create_engine(database)
        Base.metadata.create_all(engine)
        self.site = site
        self.http = requests.Session()
        self.http.trust_env = False
        self.session = Session(engine)

    def work(self, links: list[str]) -> list[int | None]:
        tasks = [Task(link=link) for link in links]
        self.session.add_all(tasks)
        self.session.commit()
        for task in tasks:
            task.views = self.measure(task.link)
            task.status = "done" if task.views is not None else "failed"
            self.session.commit()
        return [task.views for task in tasks]

    def measure(self, link: str) -> int | None:
        page = self.http.get(link.replace("https://vk.com", self.site), timeout=20)
        counter = BeautifulSoup(page.text, "html.parser").find("div", class_="like_views")
        digits = re.sub(r"\D", "", str(counter["title"])) if counter else ""
        return int(digits) if digits else None


class Original:
    """Such a process, warm, for as long as the context lasts."""

    def __init__(self, site: str, folder: Path) -> None:
        self.command = [sys.executable, "-m", "tests.bench.original", site, f"sqlite:///{folder}/original.db"]

    def __enter__(self) -> Self:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(self.command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        assert self.process.stdout
        assert self.process.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()

    def work(self, links: list[str]) -> list[int | None]:
        """Return the views of each, None where the page has none."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(" ".join(links) + "\n")
        self.process.stdin.flush()
        return [None if word == "None" else int(word) for word in self.process.stdout.readline().split()]


def main() -> None:
    worker = Worker(*sys.argv[1:])
    print("ready", flush=True)
    for line in sys.stdin:
        print(*worker.work(line.split()), flush=True)


if __name__ == "__main__":
    main()
