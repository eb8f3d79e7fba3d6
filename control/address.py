"""Where a request comes from, also through proxies that are trusted to say so."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from flask import request

Network = IPv4Network | IPv6Network
ONE_SITE = 64  # bits of an IPv6 address that a provider gives to one customer: the others are theirs to choose
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")


def client() -> str:
    """Name who asks, for counting."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address, ONE_SITE), strict=False))
    return str(address)


class Proxies:
    """A WSGI application behind proxies. What others claim about who they are is removed."""

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
        """Go back along the chain, each link of which was written by the one after it, to the first not trusted."""
        address = proxy
        for earlier in reversed([each.strip() for each in forwarded.split(",") if each.strip()]):
            if not self.trusts(address):
                break
            address = earlier
        return address
