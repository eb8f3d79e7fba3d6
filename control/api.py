"""The API's process: `python -m control.api`."""

import gc
import signal
import sys
from typing import NoReturn

from crawler.process import memory

if __name__ == "__main__":
    memory.pause_collector()
    memory.leave_out("cryptography")  # PyJWT would import it, for keys of kinds that we have none of

from control.app import create_app
from control.logs import get_logger
from control.server.http_server import serve
from control.settings import Settings

MADE_BETWEEN_COLLECTIONS = 50_000  # objects; Python's own default is 700

log = get_logger()


def main() -> None:
    memory.give_back()
    try:
        settings = Settings()
        app = create_app(settings)
    except ValueError as error:
        sys.exit(str(error))
    try:
        server = serve(app, settings.host, settings.port, settings.trusted_proxies)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        sys.exit(f"HOST {settings.host}, PORT {settings.port}: {why}; set another HOST or PORT")
    signal.signal(signal.SIGTERM, _end)
    memory.resume_collector()
    gc.set_threshold(MADE_BETWEEN_COLLECTIONS)
    log.info("API started", url=f"http://{settings.host}:{settings.port}")
    server.run()


def _end(*_: object) -> NoReturn:
    """Exit, which lets waitress finish the requests under way."""
    raise SystemExit(0)


if __name__ == "__main__":
    main()
