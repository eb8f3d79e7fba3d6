"""The console's Cancel button and `cancel.json`."""

import json
from typing import Any

from scrapyd.webservice import Cancel as StockCancel
from scrapyd.website import Root
from sqlalchemy.exc import SQLAlchemyError
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.server import NOT_DONE_YET, Request

from crawler import database, ending

log = Logger()


class Cancel(StockCancel):
    """Commits the cancel in our database, then does and answers what scrapyd does.

    A spider cannot tell from its signal whether its run was cancelled or scrapyd was stopped: the database says it.
    """

    def __init__(self, root: Root) -> None:
        super().__init__(root)
        self.engine = database.create()

    def render(self, request: Request) -> Any:
        job = request.args.get(b"job")
        if request.method != b"POST" or not job:
            return super().render(request)
        Deferred.fromCoroutine(self._cancel(request, job[0].decode("ascii", "backslashreplace")))
        return NOT_DONE_YET

    async def _cancel(self, request: Request, run_id: str) -> None:
        gone: list[Failure] = []
        request.notifyFinish().addErrback(gone.append)
        try:
            if await deferToThread(ending.cancel_run, self.engine, run_id):
                log.info("run={run} cancelled", run=run_id)
            answer = super().render(request)
        except SQLAlchemyError as error:
            log.failure("A run could not be cancelled in the database")
            answer = self._refusal(request, type(error).__name__)
        if not gone:
            request.write(answer)
            request.finish()

    def _refusal(self, request: Request, why: str) -> bytes:
        request.setHeader("Content-Type", "application/json")
        message = f"not cancelled, the database failed: {why}"
        answer = {"node_name": self.root.node_name, "status": "error", "message": message}
        return json.dumps(answer).encode() + b"\n"
