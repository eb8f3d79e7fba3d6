"""VK behind an address of IPv6."""

import shutil
import socket
from contextlib import suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest

from tests.crawler.conftest import lines
from tests.vk_standin import truth

pytestmark = pytest.mark.process


class Relay(ThreadingTCPServer):
    """Passes everything on to a server on 127.0.0.1."""

    address_family = socket.AF_INET6
    daemon_threads = True
    target: tuple[str, int]


class Passing(BaseRequestHandler):
    def handle(self):
        with socket.create_connection(self.server.target) as server:
            back = Thread(target=passing, args=(server, self.request), daemon=True)
            back.start()
            passing(self.request, server)
            back.join()


def passing(source, sink):
    with suppress(OSError):
        shutil.copyfileobj(source.makefile("rb", 0), sink.makefile("wb", 0))
        sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def address(vk):
    """Where the stand-in is found under IPv6."""
    with Relay(("::1", 0), Passing) as relay:
        relay.target = ("127.0.0.1", urlsplit(vk.environment()["VK_API_URL"]).port)
        Thread(target=relay.serve_forever, daemon=True).start()
        yield f"http://[::1]:{relay.server_address[1]}"
        relay.shutdown()


@pytest.mark.parametrize("token", ["standin-service", ""])
def test_addresses_of_vk_may_be_literals_of_ipv6(crawl, address, token):
    settings = dict.fromkeys(["VK_API_URL", "VK_SITE_URL", "VK_VIDEO_URL"], address)
    result = crawl("vk_views", "-a", "links=wall-1_930 video-1_1", **settings, VK_TOKENS=token)
    views = [str(truth.views(kind, -1, item)) for kind, item in (("wall", 930), ("video", 1))]
    assert [line[1] for line in lines(result)[1:]] == views
