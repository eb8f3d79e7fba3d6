"""`schedule.json`."""

from typing import Any

from scrapyd.webservice import Schedule as StockSchedule
from twisted.web.server import Request


class Schedule(StockSchedule):
    """The stock one lets a job wait for the next poll."""

    def render_POST(self, request: Request) -> Any:  # noqa: N802 - Twisted's name
        answer = super().render_POST(request)
        self.root.launcher.look()
        return answer
