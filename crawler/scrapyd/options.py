"""scrapyd's own options, as scrapyd reads them: a variable of the environment wins over scrapy.cfg."""

import os

from scrapyd.config import Config


def option(config: Config, name: str) -> str:
    return os.environ.get(f"SCRAPYD_{name.upper()}") or str(config.get(name, ""))
