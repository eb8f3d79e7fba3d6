"""A VK of our own on loopback: `python -m tests.vk_standin`."""

import argparse
import sys

from twisted.internet import reactor, stdio
from twisted.internet.protocol import Protocol
from twisted.web.server import Site

from tests.vk_standin.api import Api
from tests.vk_standin.server import StandIn

TOKENS = ("user:standin-user", "service:standin-service", "community:standin-community")


class EndWithStdin(Protocol):
    def connectionLost(self, reason: object = None) -> None:  # noqa: N802 - Twisted's name
        if reactor.running:
            reactor.stop()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.vk_standin", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--token", action="append", metavar="KIND:TOKEN", help=f"default: {', '.join(TOKENS)}")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument(
        "--rate", type=float, default=0.0, help="calls a second and token; more get error 6; 0: no limit"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the order of items in answers")
    parser.add_argument("--end-with-stdin", action="store_true", help="end when standard input ends")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    pairs = (given.partition(":") for given in options.token or TOKENS)
    api = Api({token: kind for kind, _, token in pairs}, options.seed)
    api.rate = options.rate
    port = reactor.listenTCP(options.port, Site(StandIn(api, options.latency)), interface="127.0.0.1")
    if options.end_with_stdin:
        stdio.StandardIO(EndWithStdin())
    sys.stdout.write(f"ready http://127.0.0.1:{port.getHost().port}\n")
    sys.stdout.flush()
    reactor.run()


if __name__ == "__main__":
    main()
