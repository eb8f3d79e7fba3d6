"""What our processes log: one line an event, `key=value` with the time in UTC. The supervisor keeps the files."""

import sys
from contextlib import suppress
from typing import Any, TextIO, cast

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


class _Stderr:
    """What is standard error by now: commands write their answers to standard output.

    Nobody's request fails because a line cannot be written, such as when the supervisor was killed.
    """

    def write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


def _to_stderr(*_: Any) -> structlog.PrintLogger:
    return structlog.PrintLogger(cast("TextIO", _Stderr()))
