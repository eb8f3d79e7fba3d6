"""Connections to scrapyd. However many strangers connect, a caller who knows the password can still connect."""

from typing import Any

from twisted.protocols.policies import ProtocolWrapper, WrappingFactory

MOST_STRANGERS = 100  # enough, because a caller shows the password in its first packet


class Visitor(ProtocolWrapper):
    """A connection. It is a stranger's until a request on it has the right password."""

    is_stranger = True


class Visitors(WrappingFactory):
    """Limits connections. The stock site takes them until no file descriptor is left, and then no process can start."""

    protocol = Visitor
    protocols: dict[Visitor, Any]  # in the order of their coming

    def registerProtocol(self, visitor: Visitor) -> None:  # noqa: N802 - Twisted's name
        super().registerProtocol(visitor)
        strangers = [each for each in self.protocols if each.is_stranger]
        for each in strangers[:-MOST_STRANGERS]:
            each.abortConnection()
