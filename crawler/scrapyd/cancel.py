"""The console's Cancel button and `cancel.json`."""

from scrapyd.webservice import Cancel as StockCancel
from twisted.internet.threads import deferToThread
from twisted.logger import Logger
from twisted.web.server import Request

from crawler.queue import cancellation
from crawler.scrapyd import orders
from crawler.scrapyd.service import Service

log = Logger()


class Cancel(Service, StockCancel):
    """Commits the cancel in our database, then does what scrapyd does.

    A signal does not tell a spider whether its run was cancelled or scrapyd is stopping: the database tells.
    """

    undone = "not cancelled"

    async def prepare(self, request: Request) -> None:
        job = orders.cancelled(request.args)
        if run_id := await deferToThread(cancellation.cancel_job, self.engine, job):
            log.info("run={run} cancelled, of job {job}", run=run_id, job=job)
