"""A VK of our own on loopback: `python -m tests.vk_standin`."""

import argparse
import sys

from twisted.internet import reactor, stdio
from twisted.internet.protocol import Protocol
from twisted.web.server import Site

from tests.vk_standin.api import REFUSED, Api
from tests.vk_standin.server import StandIn
from tests.vk_standin.settings import Settings

KINDS = ("user", "service", "community", *REFUSED)
TOKENS = [(f"{'vk2.a.' if kind.startswith('vkid') else ''}standin-{kind}", kind) for kind in KINDS]


class EndWithStdin(Protocol):
    def connectionLost(self, _reason: object = None) -> None:
        if reactor.running:
            reactor.stop()


def token(text: str) -> tuple[str, str]:
    kind, _, secret = text.partition(":")
    if kind not in KINDS or not secret:
        raise argparse.ArgumentTypeError(f"must be KIND:TOKEN with a kind of {', '.join(KINDS)}")
    return secret, kind


def arguments() -> argparse.Namespace:
    default = Settings()
    parser = argparse.ArgumentParser(prog="python -m tests.vk_standin", description=__doc__)
    add = parser.add_argument
    add("--port", type=int, default=0, help="0, the default, takes a free one")
    add("--token", type=token, action="append", metavar="KIND:TOKEN", help="default: user:standin-user and so on")
    add("--latency", type=float, default=default.latency, help="seconds before each answer")
    add("--rate", type=float, default=default.rate, help="calls a second and token; more get error 6; 0: no limit")
    add("--rate-tolerance", type=float, default=default.rate_tolerance, help="so many more calls before error 6")
    add(
        "--max-answer-bytes", dest="most_bytes", type=int, default=default.most_bytes, help="of execute; more: error 13"
    )
    add("--trouble", type=float, default=default.trouble, help="share of the calls and pages that go wrong, 0 to 1")
    add("--troubles", default=default.troubles, metavar="KIND,KIND", help="in one of these ways; default: the usual")
    add("--page-bytes", type=int, default=default.page_bytes, help="weight of a wall post's page, comments and all")
    add("--interface", default="127.0.0.1", help="the address to listen on")
    add("--seed", type=int, default=0, help="of the order of items in answers, and of trouble")
    add("--end-with-stdin", action="store_true", help="end when standard input ends")
    return parser.parse_args()


def chosen(options: argparse.Namespace) -> Settings:
    settings = Settings()
    settings.change({name: value for name, value in vars(options).items() if hasattr(settings, name)})
    return settings


def main() -> None:
    options = arguments()
    api = Api(dict(options.token or TOKENS), chosen(options), options.seed)
    port = reactor.listenTCP(options.port, Site(StandIn(api)), interface=options.interface)
    if options.end_with_stdin:
        stdio.StandardIO(EndWithStdin())
    sys.stdout.write(f"ready http://{options.interface}:{port.getHost().port}\n")
    sys.stdout.flush()
    reactor.run()


if __name__ == "__main__":
    main()
