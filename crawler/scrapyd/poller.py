"""Takes runs from scrapyd's queue."""

from scrapyd.poller import QueuePoller
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

log = Logger()


class Poller(QueuePoller):
    """Goes on after an error. The stock poller stops for ever at its first one (scrapy/scrapyd#543)."""

    def poll(self) -> Deferred[None]:
        polled: Deferred[None] = super().poll()
        return polled.addErrback(_log)


def _log(failure: Failure) -> None:
    log.failure("The queue could not be read; the next poll tries again", failure)
