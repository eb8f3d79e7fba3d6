"""Writes answers: errors, complete answers, and streams piece by piece."""

from collections.abc import Iterable, Iterator
from threading import Lock
from typing import Any

from waitress.buffers import ReadOnlyFileBasedBuffer  # type: ignore[import-untyped]
from waitress.channel import ClientDisconnected  # type: ignore[import-untyped]
from waitress.task import ErrorTask, WSGITask  # type: ignore[import-untyped]

from control.logs import get_logger
from control.web import refused_bodies
from control.web.problems import MEDIA_TYPE, framework_problem
from control.web.security_headers import ALWAYS, NEVER_KEPT, STRICT

TASK = "views-stats.task"  # its key in the WSGI environment
ROOM_BYTES = 256 * 1024  # if more waits to be sent, a stream makes no further piece

log = get_logger()


class ProblemTask(ErrorTask):
    """Answers what the server itself refuses, in the shape of all our errors."""

    def execute(self) -> None:
        error = self.request.error
        body = framework_problem(error.code)
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", MEDIA_TYPE))
        self.response_headers.extend([*ALWAYS.items(), *NEVER_KEPT.items(), ("Content-Security-Policy", STRICT)])
        if hasattr(error, "retry_after"):
            self.response_headers.append(("Retry-After", str(error.retry_after)))
        self.set_close_on_finish()
        self.channel.unread = True
        self.content_length = len(body)
        self.write(body)


class Task(WSGITask):
    """Answers a request. It writes only the first piece of a stream and leaves the others to `Stream`."""

    rest: "Stream | None" = None

    def service(self) -> None:
        if self.request.refused:
            self.set_close_on_finish()
            self.channel.unread = True
        try:
            super().service()
        finally:
            if self.rest:
                self.channel.server.streams.add_task(self.rest)

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ[TASK] = self
        environ[refused_bodies.KEY] = self.request.refused
        return environ

    def finish(self) -> None:
        if self.rest is None:
            super().finish()

    def end(self) -> None:
        """Write the end of a stream."""
        super().finish()

    def split(self, answer: Iterable[bytes]) -> Iterable[bytes]:
        """Keep all pieces of a stream but the first for later. An answer with a known length is complete already."""
        if self.content_length is not None or isinstance(answer, ReadOnlyFileBasedBuffer):
            return answer
        pieces = iter(answer)
        first = next(filter(None, pieces), None)
        if first is None:
            return answer
        self.rest = self.channel.rest = Stream(self, answer, pieces)
        return iter((first,))


class Streaming:
    """A WSGI application whose streams keep no thread while they wait for their readers."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        return environ[TASK].split(self.app(environ, start_response))


class Stream:
    """The pieces that are left of an answer. A turn makes and writes one, then another stream has its turn."""

    def __init__(self, task: Task, answer: Any, pieces: Iterator[bytes]) -> None:
        self.task = task
        self.channel = task.channel
        self.answer = answer
        self.pieces = pieces
        self.lock = Lock()
        self.waiting = False

    def service(self) -> None:
        """Do one turn, in a thread for streams."""
        if not self._write():
            self._end()
        elif not self._wait():
            self.channel.server.streams.add_task(self)

    def resume(self) -> None:
        """Go on if there is room again, and end if the client is gone."""
        with self.lock:
            if not self.due:
                return
            self.waiting = False
        self.channel.server.streams.add_task(self)

    def cancel(self) -> None:
        """End the stream because the server ends."""
        self.answer.close()

    @property
    def due(self) -> bool:
        return self.waiting and self._may_go_on()

    def _wait(self) -> bool:
        with self.lock:
            waits = self.waiting = not self._may_go_on()
        if waits:  # from here on the main thread may resume it at any moment
            self.channel.server.pull_trigger()
        return waits

    def _may_go_on(self) -> bool:
        return not self.channel.connected or self.channel.total_outbufs_len < ROOM_BYTES

    def _write(self) -> bool:
        """Write a piece and return whether there may be more. A stream that fails lacks its end, so that nobody takes
        it for complete.
        """
        try:
            piece = next(self.pieces, None) if self.channel.connected else None
            if piece is None:
                self.task.end()
            else:
                self.task.write(piece)
        except ClientDisconnected:
            return False
        except Exception:
            log.exception("a stream failed")
            return False
        return piece is not None

    def _end(self) -> None:
        try:
            self.answer.close()
        finally:
            self.channel.rest = None
            self.channel.server.pull_trigger()
