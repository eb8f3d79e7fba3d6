"""The files that a job leaves behind: its log and, if it was ordered by hand, its rows. They are removed together."""

import json
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

from scrapyd.environ import Environment
from scrapyd.utils import get_file_path


class JobFiles(Environment):
    """Keeps the files of the last jobs. The stock one counts files, not jobs, and stores the items of every job."""

    def get_settings(self, message: dict[str, Any]) -> dict[str, str]:
        """Return Scrapy's settings for a job. Because of scrapyd's umask only the owner can read the files."""
        place = (message["_project"], message["_spider"])
        log, rows = (get_file_path(self.logs_dir, *place, message["_job"] + end) for end in (".log", ".jl"))
        folder = Path(log.dirname())
        folder.mkdir(parents=True, exist_ok=True)
        prune(folder, self.jobs_to_keep)
        settings = {"LOG_FILE": log.path}
        if "links" in message:
            settings["FEEDS"] = json.dumps({Path(rows.path).as_uri(): {"format": "jsonlines"}})
        return settings


def prune(folder: Path, keep: int) -> None:
    """Remove the files of all jobs except the `keep` that wrote last. Somebody else may remove files meanwhile."""
    files: defaultdict[str, list[Path]] = defaultdict(list)
    written: defaultdict[str, float] = defaultdict(float)
    for file in folder.iterdir():
        with suppress(FileNotFoundError):
            written[file.stem] = max(written[file.stem], file.stat().st_mtime)
            files[file.stem].append(file)
    for job in sorted(files, key=lambda job: written[job], reverse=True)[keep:]:
        for file in files[job]:
            with suppress(OSError):
                file.unlink()
