"""The log of our processes: a line for each event, as `key=value`, with the time in UTC. The supervisor keeps it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """Let imports of these modules fail: https://docs.python.org/3/reference/import.html#the-module-cache."""
    loaded = {name: sys.modules[name] for name in names if name in sys.modules}
    sys.modules.update(dict.fromkeys(names))  # type: ignore[arg-type] # None is how Python documents it
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]
        sys.modules.update(loaded)


# structlog imports both if they are installed, which takes megabytes in the API and in the scheduler. So import
# `get_logger` from here.
with _without("rich", "twisted"):
    import structlog
    from structlog import get_logger
    from structlog.contextvars import bound_contextvars
    from structlog.processors import LogfmtRenderer, TimeStamper, add_log_level, format_exc_info

__all__ = ["bound_contextvars", "configure", "get_logger"]
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
    """Writes to the present standard error, because commands write their answers to standard output.

    It ignores errors, so that no request fails because its log line cannot be written after the supervisor was killed.
    """

    def write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


def _to_stderr(*_: Any) -> structlog.PrintLogger:
    return structlog.PrintLogger(cast("TextIO", _Stderr()))
