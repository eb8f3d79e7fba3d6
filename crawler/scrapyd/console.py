"""scrapyd's pages for people."""

from scrapyd import website
from scrapyd.config import Config
from twisted.web.server import Request


class Root(website.Root):
    def __init__(self, config: Config, app: object) -> None:
        super().__init__(config, app)
        self.putChild(b"jobs", Jobs(self))


class Jobs(website.Jobs):
    """The list of jobs. Its forms send their origin, which the gate needs to let the Cancel button pass.

    Our pages forbid a referrer, and forms on such pages send no origin:
    https://fetch.spec.whatwg.org/#append-a-request-origin-header. Over plain HTTP to another machine a browser sends no
    other sign of where a request comes from. So this page allows a referrer.
    """

    def render_GET(self, request: Request) -> bytes:  # noqa: N802 - Twisted's name
        page: bytes = super().render_GET(request)
        page = page.replace(b"<head>", b'<head>\n    <meta name="referrer" content="same-origin">', 1)
        request.setHeader("Content-Length", str(len(page)))
        return page
