"""What our processes log: one line an event, `key=value` with the time in UTC. The supervisor keeps the files."""

import sys
from typing import Any

import structlog
from structlog.processors import LogfmtRenderer, TimeStamper, add_log_level, format_exc_info

FIRST = ("timestamp", "level", "event", "run", "batch")


def configure() -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            add_log_level,
            TimeStamper(fmt="iso", utc=True),
            format_exc_info,
            LogfmtRenderer(key_order=FIRST, drop_missing=True),
        ],
        logger_factory=_to_stderr,
    )


def _to_stderr(*_: Any) -> structlog.PrintLogger:
    """Print to what is standard error by now: commands write their answers to standard output."""
    return structlog.PrintLogger(sys.stderr)
