"""The generic spider: it claims links, asks its platform for calls, and yields what the answers say."""

import asyncio
import math
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from time import monotonic
from typing import Any, Self

import scrapy
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider
from scrapy.http import FormRequest, Request, Response
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from twisted.python.failure import Failure

from crawler import platforms
from crawler.exceptions import Fenced, NotNow
from crawler.items import Results, Row
from crawler.platforms.contract import Answer, Call, Outcome, Pause, Reply, Target
from crawler.queue import answer_counts, claims
from crawler.queue.results import AT_ONCE, Times
from crawler.run import log_lines
from crawler.run.credentials import Credentials
from crawler.run.further_runs import FurtherRuns
from crawler.run.layout_alarm import LayoutAlarm
from crawler.run.ledger import Ledger
from crawler.run.pool import Pool
from crawler.run.turns import Turns
from crawler.run.unanswered import silence, unanswered
from crawler.store import database

MOST_REQUESTS = 32  # that wait for their slot or for an answer
CALLS_CLAIMED = 10  # a claim takes the links of so many calls, each as large as the largest yet
BROKEN = "broken"  # the outcome of a run whose code raised an unexpected error
REFUSED_SECONDS = 3600.0  # how long a refused credential is not tried again; a replaced one has another fingerprint


class PlatformSpider(scrapy.Spider):
    """Works on one run, `-a run=<id>`, and then on further ones. A subclass only names its platform.

    An ad-hoc run passes the `engine` of its private database; the spider then stays until every link is final. An
    ad-hoc run beside a running system takes its slots from that system's `budgets`.
    """

    platform: str
    run: str
    engine: Engine | None = None
    budgets: Engine | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        attempts = claims.AD_HOC_ATTEMPTS if spider.engine else claims.ATTEMPTS
        lease = crawler.settings.getfloat("LEASE_SECONDS")
        spider.ledger = Ledger(spider.engine or database.create(), spider.run, lease, attempts, spider.budgets)
        most = 1 if spider.engine else crawler.settings.getint("RUNS_PER_PROCESS")
        spider.further_runs = FurtherRuns(spider.ledger, spider.platform, most)
        spider.begin()
        return spider

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ledger: Ledger
        self.further_runs: FurtherRuns
        self.turns: Turns
        self.pool: Pool
        self.knowledge = platforms.known()[self.platform]
        self.access = self.knowledge.access(os.environ)
        self.credentials = Credentials(self.access.credentials)
        self.layout_alarm = LayoutAlarm()
        self.won = False  # set by RunLifecycle when this process has the run
        self.saving = 0  # answers that are being stored
        self.changed = asyncio.Event()  # set when something happened that may make another call possible
        self.ending = asyncio.Event()
        self.outcome = ""

    def begin(self) -> None:
        """Begin a run without links. What the process has learned of credentials, hosts and pages stays."""
        self.pool = Pool(self.knowledge, self.access)
        self.turns = Turns(self.ledger, self.pool, self.credentials, ad_hoc=bool(self.engine))
        self.dry_until = 0.0

    async def start(self) -> AsyncIterator[Request]:
        try:
            at_work = self.won
            while at_work:
                self.credentials.update(await self.ledger.states(self.credentials.credentials))
                async for request in self.requests():
                    yield request
                at_work = not self.ending.is_set() and await self.take_next_run()
        except Fenced:
            self.end("fenced")
        finally:
            self.ending.set()  # requests that wait for their slot give up
        if self.outcome:
            raise CloseSpider(self.outcome)

    async def requests(self) -> AsyncIterator[Request]:
        while not self.ending.is_set():
            leaving = await self.turns.turn_is_over()
            if not leaving:
                await self.claim_links()
            while not leaving and (call := self.next_call()):
                yield self.request(call)
            if not self.busy and (leaving or not await self.turns.worth_waiting()):
                return
            if leaving or not self.wants_links:
                await self.pause(1.0)

    async def take_next_run(self) -> bool:
        """Take the next run, if this process may take one and a batch waits."""
        taken = await self.further_runs.next(self.layout_alarm.alarm())
        if taken is None:
            return False
        self.begin()
        self.work_on(*taken)
        return True

    def work_on(self, run_id: str, batch: str) -> None:
        self.run = run_id
        log_lines.name(run_id)
        self.logger.info("Works on run=%s batch=%s", run_id, batch)

    @property
    def busy(self) -> bool:
        """Whether something is on its way to the platform or to the database."""
        return bool(self.pool.in_flight or self.saving)

    async def claim_links(self) -> None:
        """Claim links for further requests. If there were too few, wait until more can have come."""
        if not self.wants_links:
            return
        limit = self.chunk
        claimed = await self.ledger.claim(limit, careful=not self.pool.links)
        self.dry_until = monotonic() + 1.0 if len(claimed) < limit else 0.0
        self.pool.take(claimed)

    @property
    def wants_links(self) -> bool:
        return self.pool.needs_links and monotonic() >= self.dry_until

    @property
    def chunk(self) -> int:
        """How many links to claim: only those of some calls, because slots pass unused while a claim is made."""
        return min(CALLS_CLAIMED * self.pool.largest, claims.CHUNK) or claims.CHUNK

    def next_call(self) -> Call | None:
        if self.pool.in_flight >= self.most_requests:
            return None
        return self.pool.next_call(self.credentials.usable(), self.credentials.may)

    @property
    def most_requests(self) -> int:
        """How many requests there may be. Each reserves a slot in advance, so a small budget gets few."""
        budgets = max(1, len(self.credentials.credentials))
        return min(MOST_REQUESTS, budgets * max(2, math.ceil(float(self.access.rate))))

    async def pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.changed.wait(), seconds)
        self.changed.clear()

    def request(self, call: Call) -> Request:
        if call.probe:
            self.credentials.probed.add(call.budget)
        meta = {
            "call": call,
            "download_slot": call.budget,
            "handle_httpstatus_all": call.form is not None,
            "handle_httpstatus_list": range(400, 600),
            "dont_redirect": call.form is not None,
            "dont_obey_robotstxt": call.form is not None,
        }
        kwargs: dict[str, Any] = {"method": "POST", "formdata": call.form} if call.form is not None else {}
        return FormRequest(call.url, callback=self.answered, errback=self.failed, meta=meta, dont_filter=True, **kwargs)

    async def answered(self, response: Response) -> AsyncIterator[Results]:
        call, times = response.meta["call"], Times(response.meta.get("asked"), monotonic())
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        answer = self.knowledge.read(call, Reply(response.status, response.url, content_type, response.body))
        self.layout_alarm.see(call, answer)
        await self.note_access(call, answer)
        code = answer_counts.code(answer.code, response.status)
        for results in self.settled(call, answer.outcomes, response.status, code, times):
            yield results
            return
        with suppress(SQLAlchemyError):  # a run goes on although the statistics miss an answer
            await self.ledger.count(code)

    async def note_access(self, call: Call, answer: Answer) -> None:
        """Note what an answer says about the credential or host."""
        self.credentials.probed.discard(call.budget)
        if answer.kind:
            self.credentials.learn(call.budget, answer.kind)
            await self.ledger.learn(call.budget, answer.kind)
        if answer.lacks:
            self.logger.warning("%s has no right to %s: it is asked for something else only", call.budget, answer.lacks)
            self.credentials.note_missing_right(call.budget, answer.lacks)
            self.pool.replan(call.budget)
            await self.ledger.note_missing_right(call.budget, answer.lacks)
        if answer.most:
            self.credentials.limit(call.budget, answer.most)
        if trouble := answer.trouble:
            seconds = trouble.seconds if isinstance(trouble, Pause) else REFUSED_SECONDS
            self.logger.warning("%s is not asked for %d s: %s", call.budget, seconds, trouble.why)
            self.credentials.pause(call.budget, seconds, trouble.why)
            await self.ledger.pause(call.budget, seconds, trouble.why)

    def settled(
        self, call: Call, outcomes: dict[Target, Outcome], http_status: int, code: str, times: Times = AT_ONCE
    ) -> list[Results]:
        """Give the outcomes to the pool. Return a list with an item for the pipeline, or an empty one."""
        judged = self.pool.returned(call, outcomes, self.credentials.working())
        self.changed.set()
        results = self.pool.settle(judged, http_status, code, times)
        self.saving += bool(results)
        return [Results(results)] if results else []

    async def failed(self, failure: Failure) -> AsyncIterator[Results]:
        """Handle a request that got no answer."""
        call = failure.request.meta["call"]  # type: ignore[attr-defined] # Scrapy sets it
        self.credentials.probed.discard(call.budget)
        if isinstance(failure.value, MemoryError):
            self.broke(failure.value)
        elif isinstance(failure.value, NotNow | Fenced | SQLAlchemyError):
            await self.not_sent(call, failure)
        else:
            shared = call.size if call.form is not None else 0
            outcomes = {want.target: unanswered(want, failure, shared) for want in call.wants}
            for results in self.settled(call, outcomes, 0, silence(failure.value)):
                yield results

    async def not_sent(self, call: Call, failure: Failure) -> None:
        self.pool.not_sent(call)
        if isinstance(failure.value, NotNow):
            self.credentials.update(await self.ledger.states([call.budget]))
        else:
            self.broke(failure.value)

    def broke(self, error: BaseException | None) -> None:
        """End a run that cannot go on, because its next answers would fail in the same way."""
        known = {Fenced: "fenced", SQLAlchemyError: "no database"}  # another run goes on when the database is back
        self.end(next((outcome for kind, outcome in known.items() if isinstance(error, kind)), BROKEN))

    def saved(self, item: Results | Row) -> None:
        if isinstance(item, Results):
            self.saving -= 1
            self.changed.set()

    def end(self, outcome: str) -> None:
        """Stop soon: send nothing more, and give back the links whose requests wait for their slot."""
        self.outcome = outcome
        self.ending.set()
        self.changed.set()
