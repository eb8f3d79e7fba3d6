"""`schedule.json`."""

from typing import Any
from uuid import uuid4

from scrapyd.webservice import Schedule as StockSchedule
from sqlalchemy import Engine, select
from twisted.internet.threads import deferToThread
from twisted.web.server import Request

from crawler.scrapyd import orders
from crawler.scrapyd.service import Service
from crawler.store.database import reading
from crawler.store.models.runs import Run


class Schedule(Service, StockSchedule):
    """Checks the order and starts the job at once. The stock one takes any argument and waits for the next poll."""

    undone = "not scheduled"

    async def prepare(self, request: Request) -> None:
        order = orders.scheduled(request.args)
        if run_id := order.get("run"):
            order["jobid"] = run_id
            if not await deferToThread(_is_known, self.engine, run_id):
                raise ValueError(f"run {run_id} is unknown")
        order.setdefault("jobid", uuid4().hex)
        request.args = {name.encode(): [value.encode()] for name, value in order.items()}

    def render_POST(self, request: Request) -> Any:  # noqa: N802 - Twisted's name
        answer = super().render_POST(request)
        self.root.launcher.look()
        return answer


def _is_known(engine: Engine, run_id: str) -> bool:
    with reading(engine) as connection:
        return connection.execute(select(Run.id).where(Run.id == run_id)).first() is not None
