"""The console's Cancel button and `cancel.json`."""

import json
from typing import Any

from scrapyd.webservice import Cancel as StockCancel
from scrapyd.website import Root
from twisted.internet.threads import deferToThread
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.server import NOT_DONE_YET, Request

from crawler import database, queue

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
        gone: list[Failure] = []
        request.notifyFinish().addErrback(gone.append)
        committed = deferToThread(queue.cancel_run, self.engine, job[0].decode("ascii", "backslashreplace"))
        committed.addCallbacks(lambda _: StockCancel.render(self, request), self._refuse, errbackArgs=(request,))
        committed.addCallback(lambda answer: None if gone else _send(request, answer))
        return NOT_DONE_YET

    def _refuse(self, failure: Failure, request: Request) -> bytes:
        log.failure("A run could not be cancelled in the database", failure)
        request.setHeader("Content-Type", "application/json")
        message = f"not cancelled, the database failed: {failure.type}"
        answer = {"node_name": self.root.node_name, "status": "error", "message": message}
        return json.dumps(answer).encode() + b"\n"


def _send(request: Request, answer: bytes) -> None:
    request.write(answer)
    request.finish()
