"""`python -m control.api`: the API behind waitress."""

import sys

import waitress

from control import settings
from control.app import create_app
from control.openapi import LARGEST_BODY

THREADS = 8


def main() -> None:
    try:
        chosen = settings.load()
        server = waitress.create_server(
            create_app(chosen),
            host=chosen.host,
            port=chosen.port,
            threads=THREADS,
            ident="",
            max_request_body_size=LARGEST_BODY
            + 1024 * 1024,  # a little more than the app refuses, so that it can say why
            clear_untrusted_proxy_headers=True,
        )
    except (ValueError, OSError) as error:
        sys.exit(f"The API cannot start: {error}")
    server.run()


if __name__ == "__main__":
    main()
