"""Every line that a process logs names the run that it works on."""

import logging


def log_format(run_id: str) -> str:
    """Scrapy's own, with the run in every line."""
    return f"%(asctime)s [%(name)s] %(levelname)s: run={run_id.replace('%', '%%')} %(message)s"


def name(run_id: str) -> None:
    """Name this run in every line from now on."""
    for handler in logging.root.handlers:
        if handler.formatter:
            handler.setFormatter(logging.Formatter(log_format(run_id), handler.formatter.datefmt))
