"""The API's process: `python -m control.api`."""

import gc
import signal
import sys
from typing import Any, NoReturn

import structlog
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.server import TcpWSGIServer, create_server  # type: ignore[import-untyped]
from waitress.task import ErrorTask  # type: ignore[import-untyped]

from control.address import Proxies
from control.app import MOST_BYTES, create_app
from control.errors import MEDIA_TYPE, framework_problem
from control.headers import ALWAYS, NEVER_KEPT, STRICT
from control.settings import Settings
from crawler import memory

THREADS = 8
CONNECTIONS = 1000  # idle ones cost next to nothing
MADE_BETWEEN_COLLECTIONS = 50_000  # 700

log = structlog.get_logger()


class ProblemTask(ErrorTask):
    """What waitress itself refuses, in the shape of all our errors."""

    def execute(self) -> None:
        status = self.request.error.code
        body = framework_problem(status)
        self.status = f"{status} {self.request.error.reason}"
        self.response_headers.append(("Content-Type", MEDIA_TYPE))
        self.response_headers.extend([*ALWAYS.items(), *NEVER_KEPT.items(), ("Content-Security-Policy", STRICT)])
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Channel(HTTPChannel):
    error_task_class = ProblemTask


def serve(app: Any, host: str, port: int) -> Any:
    """Listen, and return the server, to be run. Raises OSError or ValueError where the address cannot be had.

    A body somewhat over the limit is read and then answered 413: who is cut off while still sending sees no answer.
    """
    TcpWSGIServer.channel_class = Channel
    return create_server(
        app,
        host=host,
        port=port,
        threads=THREADS,
        ident=None,
        connection_limit=CONNECTIONS,
        asyncore_use_poll=True,  # select() ends at 1024 descriptors
        max_request_body_size=4 * MOST_BYTES,
        clear_untrusted_proxy_headers=False,  # Proxies does, and takes more than one
    )


def main() -> None:
    memory.give_back()
    try:
        settings = Settings()
        app = create_app(settings)
    except ValueError as error:
        sys.exit(str(error))
    try:
        server = serve(Proxies(app, settings.trusted_proxies), settings.host, settings.port)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        sys.exit(f"HOST {settings.host}, PORT {settings.port}: {why}; set another HOST or PORT")
    signal.signal(signal.SIGTERM, _end)
    gc.freeze()  # what is loaded stays, and what a large request makes is hardly ever garbage
    gc.set_threshold(MADE_BETWEEN_COLLECTIONS)
    log.info("API started", url=f"http://{settings.host}:{settings.port}")
    server.run()


def _end(*_: object) -> NoReturn:
    """Let waitress end the requests under way."""
    raise SystemExit(0)


if __name__ == "__main__":
    main()
