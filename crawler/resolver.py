"""Which addresses the crawler connects to."""

import logging
from collections.abc import Sequence
from ipaddress import ip_address

from scrapy.resolver import CachingThreadedResolver, dnscache
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

# Never in the public DNS: RFC 6761 (localhost), RFC 6762 (local), RFC 8375 (home.arpa), and what ICANN keeps free for
# private use, https://www.icann.org/en/board-activities-and-meetings/materials/approved-resolutions-29-07-2024-en
PRIVATE_NAMES = ("localhost", "local", "internal", "home.arpa")

logger = logging.getLogger(__name__)


class PublicResolver(CachingThreadedResolver):
    """Keeps a public name from leading into a private network, whatever its DNS says.

    The hosts are those of the platform's settings. One that is private on its face is trusted as configured: an
    address, or a name that no public DNS has, which is one without a dot or below `localhost`, `local`, `internal` or
    `home.arpa`. Every other name must lead to a public address, or it leads nowhere. The address that was checked is
    the one that is connected to: nothing looks it up again.
    """

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802 - Twisted's name
        found = super().getHostByName(name, timeout)
        return found if is_private(name) else found.addCallback(_checked, name)


def is_private(host: str) -> bool:
    """Whether this host, an address or a name, can only mean what the operator means by it."""
    name = host.lower().rstrip(".")
    return "." not in name or _is_address(name) or name.endswith(tuple(f".{private}" for private in PRIVATE_NAMES))


def is_public(address: str) -> bool:
    found = ip_address(address)
    return found.is_global and not found.is_multicast


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _checked(address: str, name: str) -> str:
    if is_public(address):
        return address
    dnscache.pop(name, None)  # the next request may find the DNS in order
    logger.warning("%s leads to %s, which is no public address: not connected", name, address)
    raise DNSLookupError(name)
