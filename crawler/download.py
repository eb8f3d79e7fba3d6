"""Downloads with a limit on an answer's headers. Scrapy limits the body only."""

from typing import Any

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadFailedError, IgnoreRequest, ResponseDataLossError
from scrapy.http import Response
from twisted.python.failure import Failure

MOST_HEADER_BYTES = 64 * 1024  # of an answer, and of interim answers such as `100 Continue` before it
BEFORE_THE_BODY = {"STATUS", "HEADER"}  # states of Twisted's parser


class HeadersTooLarge(IgnoreRequest):
    """Raised in place of an answer whose headers are too large."""


class Handler(HTTP11DownloadHandler):
    """Gives up an answer once its headers are too large."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _Factory  # noqa: SLF001 - as Scrapy's own handler does

    async def download_request(self, request: Request) -> Response:
        try:
            return await super().download_request(request)
        except (DownloadFailedError, ResponseDataLossError) as error:
            for reason in getattr(error.__cause__, "reasons", ()):
                if reason.check(HeadersTooLarge, MemoryError):
                    raise reason.value from error
            raise


class _Protocol(_LenientHTTP11ClientProtocol):
    head = 0  # bytes before the body

    def request(self, request: Any) -> Any:
        self.head = 0
        return super().request(request)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        super().dataReceived(data)  # type: ignore[no-untyped-call]
        if self._parser is None or self._parser.state not in BEFORE_THE_BODY:
            return
        self.head += len(data)
        if self.head > MOST_HEADER_BYTES:
            transport: Any = self.transport
            transport.abortConnection()
            self._disconnectParser(_too_large())  # type: ignore[no-untyped-call]


def _too_large() -> Failure:
    return Failure(HeadersTooLarge(f"more than {MOST_HEADER_BYTES} bytes of headers"))  # type: ignore[no-untyped-call]


class _Factory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, _addr: Any) -> _Protocol:  # noqa: N802 - Twisted's name
        return _Protocol(self._quiescentCallback)  # type: ignore[no-untyped-call]
