"""Where a request comes from, directly or through trusted proxies."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from flask import request

Network = IPv4Network | IPv6Network
ONE_SITE = 64  # bits: a provider gives a customer an IPv6 network of this size, who chooses the other bits
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")


def client() -> str:
    """Return the site of the caller, by which we count requests."""
    return site(request.remote_addr or "")


def site(text: str) -> str:
    """Return the site of an address, by which we count: an IPv4 address or the network of an IPv6 address."""
    try:
        address = ip_address(text)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address, ONE_SITE), strict=False))
    return str(address)


class Proxies:
    """A WSGI application behind proxies. Of forwarding headers it keeps only those from trusted proxies."""

    def __init__(self, app: Any, trusted: Iterable[Network]) -> None:
        self.app = app
        self.trusted = tuple(trusted)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        forwarded = {name: environ.pop(name, "") for name in FORWARDED}
        if self.trusts(environ.get("REMOTE_ADDR", "")):
            environ["REMOTE_ADDR"] = self.origin(environ["REMOTE_ADDR"], forwarded["HTTP_X_FORWARDED_FOR"])
            if forwarded["HTTP_X_FORWARDED_PROTO"] in {"http", "https"}:
                environ["wsgi.url_scheme"] = forwarded["HTTP_X_FORWARDED_PROTO"]
        return self.app(environ, start_response)

    def trusts(self, address: str) -> bool:
        try:
            return any(ip_address(address) in network for network in self.trusted)
        except ValueError:
            return False

    def origin(self, proxy: str, forwarded: str) -> str:
        """Go back along the chain of addresses to the first that is not trusted. Each was written by the next proxy."""
        address = proxy
        for earlier in reversed([each.strip() for each in forwarded.split(",") if each.strip()]):
            if not self.trusts(address):
                break
            address = earlier
        return address
