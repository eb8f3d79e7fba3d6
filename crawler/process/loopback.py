"""Addresses that only this machine reaches."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server there. `localhost` is the only name that is known to mean it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
