"""Keeps the list of finished jobs that scrapyd's console shows."""

import sqlite3

from scrapyd.jobstorage import SqliteJobStorage
from scrapyd.launcher import ScrapyProcessProtocol
from twisted.logger import Logger

log = Logger()


class JobStorage(SqliteJobStorage):
    """Only logs a failure. The stock storage raises while the launcher gives a slot back, and the slot is lost."""

    def add(self, job: ScrapyProcessProtocol) -> None:
        try:
            super().add(job)
        except sqlite3.Error:
            log.failure("Job {job} ended and could not be listed as finished", job=job.job)
