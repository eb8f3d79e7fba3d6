"""What becomes of a request that got no answer."""

from scrapy.exceptions import CannotResolveHostError, IgnoreRequest
from twisted.python.failure import Failure

from crawler.platforms.contract import Again, Gone, Outcome, Want
from crawler.reasons import Reason

NOWHERE = "no public address"
TLS = {"OpenSSL", "service_identity"}  # modules whose errors tell that a handshake failed


def silence(error: BaseException | None) -> str:
    """Name the failure: `timeout`, `tls` (no trusted certificate, say), that the host's name leads
    nowhere, or the error's class.
    """
    if isinstance(error, CannotResolveHostError):
        return NOWHERE
    for reason in getattr(getattr(error, "__cause__", None), "reasons", ()):  # of a ResponseFailed of Twisted's
        if type(reason.value).__module__.partition(".")[0] in TLS:
            return "tls"
    name = type(error).__name__
    return "timeout" if "Timeout" in name else name


FORBIDDEN = "Forbidden by robots.txt"  # Scrapy's words; what else it ignores is an answer, and the next may be right


class LedAway(IgnoreRequest):
    """Raised when a page redirects to another host, such as that of the login. That one is asked nothing."""


def unanswered(want: Want, failure: Failure, shared: int = 0) -> Outcome:
    """What no answer means for a post, of so many in a call of an API (0: it is a page of its own)."""
    if isinstance(failure.value, LedAway):
        return Again(want, Reason.BLOCKED, "the page leads to another host", charged=True)
    if isinstance(failure.value, IgnoreRequest) and str(failure.value) == FORBIDDEN:
        return Gone(Reason.BLOCKED, "the site's robots.txt forbids it")
    if isinstance(failure.value, IgnoreRequest):
        return Again(want, Reason.BAD_RESPONSE, "the answer is too large or redirects without end", True, shared=shared)
    return Again(want, Reason.NETWORK, silence(failure.value), True, shared=shared)
