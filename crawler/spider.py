"""The one generic spider: it claims links, asks its platform for calls, and yields what the answers say."""

import asyncio
import math
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from time import monotonic
from typing import Any, Self

import scrapy
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, IgnoreRequest
from scrapy.http import FormRequest, Request, Response
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from twisted.python.failure import Failure

from crawler import adhoc, answers, database, platforms, queue
from crawler.credentials import Credentials
from crawler.exceptions import Fenced, NotNow
from crawler.items import Results, Row
from crawler.ledger import Ledger
from crawler.pagewatch import PageWatch
from crawler.patience import Patience
from crawler.platforms.contract import Again, Answer, Call, Gone, Outcome, Pause, Reply, Target, Want
from crawler.pool import Pool
from crawler.reasons import Reason

MOST_REQUESTS = 32  # that wait for their slot or an answer; on the wire are at most 16 of a budget
CALLS_CLAIMED = 10  # of the largest there were
FORBIDDEN = "Forbidden by robots.txt"  # Scrapy's words; what else it ignores is an answer, and the next may be right
BROKEN = "broken"  # how a run ends whose code raised what nobody expected
REFUSED_SECONDS = 3600.0  # for so long a refused credential is not tried; a new one is another one


class LedAway(IgnoreRequest):
    """Raised when a page redirects to another host, such as that of the login. That one is asked nothing."""


class PlatformSpider(scrapy.Spider):
    """Works on one run: `-a run=<id>`. A subclass names its platform, nothing else.

    An ad-hoc run brings an `engine` of its own, a private database: the spider then stays until every link is final
    and yields a `Row` for each.
    """

    platform: str
    run: str
    engine: Engine | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        attempts = queue.AD_HOC_ATTEMPTS if spider.engine else queue.ATTEMPTS
        lease = crawler.settings.getfloat("LEASE_SECONDS")
        spider.ledger = Ledger(spider.engine or database.create(), spider.run, lease, attempts)
        spider.patience = Patience(spider.ledger, spider.pool, spider.credentials, ad_hoc=bool(spider.engine))
        return spider

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ledger: Ledger
        self.patience: Patience
        self.knowledge = platforms.known()[self.platform]
        self.access = self.knowledge.access(os.environ)
        self.credentials = Credentials(self.access.credentials)
        self.pool = Pool(self.knowledge, self.access)
        self.watch = PageWatch()
        self.won = False  # RunLifecycle says so
        self.dry_until = 0.0
        self.saving = 0  # answers on their way into the database
        self.changed = asyncio.Event()  # something happened that may make a next call possible
        self.ending = asyncio.Event()
        self.outcome = ""

    async def start(self) -> AsyncIterator[Request | Row]:
        try:
            if self.won:
                self.credentials.update(await self.ledger.states(self.credentials.credentials))
                async for request in self.requests():
                    yield request
                for row in adhoc.rows(self.engine) if self.engine else []:
                    yield row
        except Fenced:
            self.end("fenced")
        finally:
            self.ending.set()  # wakes the requests that wait for their slot
        if self.outcome:
            raise CloseSpider(self.outcome)

    async def requests(self) -> AsyncIterator[Request]:
        while not self.ending.is_set():
            leaving = await self.patience.turn_is_over()
            if not leaving:
                await self.fill()
            while not leaving and (call := self.next_call()):
                yield self.request(call)
            if not self.busy and (leaving or not await self.patience.worth_waiting()):
                return
            if leaving or not self.wants_links:
                await self.rest(1.0)

    @property
    def busy(self) -> bool:
        """Whether something is on its way to the platform or to the database."""
        return bool(self.pool.flying or self.saving)

    async def fill(self) -> None:
        """Claim links for further requests; where there were too few, not again before something can have come."""
        if not self.wants_links:
            return
        limit = self.chunk
        claimed = await self.ledger.claim(limit)
        self.dry_until = monotonic() + 1.0 if len(claimed) < limit else 0.0
        self.pool.take(claimed)

    @property
    def wants_links(self) -> bool:
        return self.pool.hungry and monotonic() >= self.dry_until

    @property
    def chunk(self) -> int:
        """How many links to claim: not more than for some calls, for slots pass by while they are claimed."""
        return min(CALLS_CLAIMED * self.pool.largest, queue.CHUNK) or queue.CHUNK

    def next_call(self) -> Call | None:
        if self.pool.flying >= self.width:
            return None
        return self.pool.next_call(self.credentials.usable(), self.credentials.may)

    @property
    def width(self) -> int:
        """How many requests there may be: each reserves a slot ahead, so few for a small budget."""
        budgets = max(1, len(self.credentials.credentials))
        return min(MOST_REQUESTS, budgets * max(2, math.ceil(float(self.access.rate))))

    async def rest(self, seconds: float) -> None:
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
        call = response.meta["call"]
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        answer = self.knowledge.read(call, Reply(response.status, response.url, content_type, response.body))
        self.watch.see(call, answer)
        await self.heed(call, answer)
        code = answers.code(answer.code, response.status)
        for results in self.landed(answer.outcomes, response.status, code):
            yield results
            return
        with suppress(SQLAlchemyError):  # one answer less in the statistics stops no run
            await self.ledger.count(code)

    async def heed(self, call: Call, answer: Answer) -> None:
        """Take in what an answer tells of the credential or host."""
        self.credentials.probed.discard(call.budget)
        if answer.kind:
            self.credentials.learn(call.budget, answer.kind)
            await self.ledger.learn(call.budget, answer.kind)
        if answer.most:
            self.credentials.limit(call.budget, answer.most)
        if trouble := answer.trouble:
            seconds = trouble.seconds if isinstance(trouble, Pause) else REFUSED_SECONDS
            self.logger.warning("%s is not asked for %d s: %s", call.budget, seconds, trouble.why)
            self.credentials.pause(call.budget, seconds, trouble.why)
            await self.ledger.pause(call.budget, seconds, trouble.why)

    def landed(self, outcomes: dict[Target, Outcome], http_status: int, code: str) -> list[Results]:
        """Put the outcomes where they belong; a list of at most one item for the pipeline."""
        self.pool.landed()
        self.changed.set()
        results = self.pool.settle(outcomes, http_status, code)
        self.saving += bool(results)
        return [Results(results)] if results else []

    async def failed(self, failure: Failure) -> AsyncIterator[Results]:
        """Take a request that got no answer."""
        call = failure.request.meta["call"]  # type: ignore[attr-defined] # Scrapy sets it
        self.credentials.probed.discard(call.budget)
        if isinstance(failure.value, NotNow | Fenced | SQLAlchemyError):
            await self.not_sent(call, failure)
        else:
            outcomes = {want.target: unanswered(want, failure) for want in call.wants}
            for results in self.landed(outcomes, 0, answers.silence(failure.value)):
                yield results

    async def not_sent(self, call: Call, failure: Failure) -> None:
        self.pool.back(call)
        if isinstance(failure.value, NotNow):
            self.credentials.update(await self.ledger.states([call.budget]))
        else:
            self.broke(failure.value)

    def broke(self, error: BaseException | None) -> None:
        """End a run that cannot go on: its next answers would fare no better."""
        known = {Fenced: "fenced", SQLAlchemyError: "no database"}  # another run goes on once there is one
        self.end(next((outcome for kind, outcome in known.items() if isinstance(error, kind)), BROKEN))

    def saved(self, item: Results | Row) -> None:
        if isinstance(item, Results):
            self.saving -= 1
            self.changed.set()

    def end(self, outcome: str) -> None:
        """Stop soon: nothing more is asked, and what waits for its slot goes back."""
        self.outcome = outcome
        self.ending.set()
        self.changed.set()


def unanswered(want: Want, failure: Failure) -> Outcome:
    if isinstance(failure.value, LedAway):
        return Again(want, Reason.BLOCKED, "the page leads to another host", charged=True)
    if isinstance(failure.value, IgnoreRequest) and str(failure.value) == FORBIDDEN:
        return Gone(Reason.BLOCKED, "the site's robots.txt forbids it")
    if isinstance(failure.value, IgnoreRequest):
        return Again(want, Reason.BAD_RESPONSE, "the answer is too large or redirects without end", charged=True)
    return Again(want, Reason.NETWORK, answers.silence(failure.value), charged=True)
