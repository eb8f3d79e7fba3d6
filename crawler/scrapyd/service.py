"""A web service of scrapyd's that checks the order, and looks into our database, before it does what scrapyd does."""

import json
from typing import Any

from scrapyd.webservice import WsResource
from scrapyd.website import Root
from sqlalchemy.exc import SQLAlchemyError
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.server import NOT_DONE_YET, Request

from crawler.store import database

log = Logger()


class Service(WsResource):
    """A mixin before scrapyd's own class. `undone` is the message for when the database fails."""

    undone: str

    def __init__(self, root: Root) -> None:
        super().__init__(root)
        self.engine = database.create()

    async def prepare(self, request: Request) -> None:
        """Check the order and do our part of it. Raises ValueError that says why an order is refused."""
        raise NotImplementedError

    def render(self, request: Request) -> Any:
        if request.method != b"POST":
            return super().render(request)
        Deferred.fromCoroutine(self._render_later(request))
        return NOT_DONE_YET

    async def _render_later(self, request: Request) -> None:
        gone: list[Failure] = []
        request.notifyFinish().addErrback(gone.append)
        answer = await self._answer(request)
        if not gone:
            request.write(answer)
            request.finish()

    async def _answer(self, request: Request) -> bytes:
        try:
            await self.prepare(request)
        except ValueError as error:
            return self._refusal(request, str(error))
        except SQLAlchemyError as error:
            log.failure("The database failed")
            return self._refusal(request, f"{self.undone}, the database failed: {type(error).__name__}")
        except Exception as error:  # noqa: BLE001 - the request is answered after any error
            log.failure("An order could not be looked at")
            return self._refusal(request, f"{self.undone}: {type(error).__name__}")
        answer: bytes = super().render(request)
        return answer

    def _refusal(self, request: Request, message: str) -> bytes:
        """Refuse as scrapyd does: with HTTP 200 and `status: error`, because its clients read that."""
        request.setHeader("Content-Type", "application/json")
        answer = {"node_name": self.root.node_name, "status": "error", "message": message}
        return json.dumps(answer).encode() + b"\n"
