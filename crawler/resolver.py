"""Which addresses the crawler connects to."""

import logging
from collections.abc import Sequence
from ipaddress import ip_address

from scrapy.resolver import CachingThreadedResolver, dnscache
from twisted.internet.abstract import isIPv6Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import DNSLookupError

# Names that the public DNS never has: RFC 6761 (localhost), RFC 6762 (local), RFC 8375 (home.arpa), and `internal`:
# https://www.icann.org/en/board-activities-and-meetings/materials/approved-resolutions-29-07-2024-en
PRIVATE_NAMES = ("localhost", "local", "internal", "home.arpa")

logger = logging.getLogger(__name__)


class PublicResolver(CachingThreadedResolver):
    """Keeps a public name from leading into a private network, whatever its DNS says.

    The hosts come from the platform's settings. A host that is plainly private is trusted: an address, a name without
    a dot, or a name below `localhost`, `local`, `internal` or `home.arpa`, which the public DNS never has. Every other
    name must resolve to a public address, or the request fails. The crawler connects to the address that was checked;
    nothing looks the name up again.
    """

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802 - Twisted's name
        if isIPv6Address(name):  # Scrapy's resolver would take it for a name and look it up in IPv4 only
            return succeed(name)
        found = super().getHostByName(name, timeout)
        return found if is_private(name) else found.addCallback(_checked, name)


def is_private(host: str) -> bool:
    """Whether this host is an address, or a name that the public DNS never has."""
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
