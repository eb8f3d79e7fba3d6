"""What scrapyd's log says about a job's process."""

from typing import Any

from scrapyd.launcher import ScrapyProcessProtocol
from twisted.logger import Logger

LONGEST_ARGUMENT = 200  # characters; the log leaves out the rest

log = Logger()


class Job(ScrapyProcessProtocol):
    """Logs short arguments. The stock one logs all of them twice, which may be thousands of links.

    `owner` is the process's id in the runs that it wins.
    """

    def __init__(self, message: dict[str, Any], env: dict[str, str], args: list[str], owner: str) -> None:
        super().__init__(message["_project"], message["_spider"], message["_job"], env, args)
        self.owner = owner

    def log(self, level: str, action: str) -> None:
        arguments = [text if len(text) <= LONGEST_ARGUMENT else f"{text[:LONGEST_ARGUMENT]}…" for text in self.args]
        getattr(log, level)(
            "{action} project={project!r} spider={spider!r} job={job!r} pid={pid!r} args={args!r}",
            action=action,
            project=self.project,
            spider=self.spider,
            job=self.job,
            pid=self.pid,
            args=arguments,
        )
