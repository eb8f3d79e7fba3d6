"""The database as one run sees it. Every call runs in a thread: the reactor never waits for SQL.

It is one thread: a run's writes all lock its row, and SQLite's whole database, so that several could only wait for each
other. What waits for it is done together.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from typing import ParamSpec, TypeVar

from sqlalchemy import Engine, literal

from crawler import answers, budget, ending, lease, queue, results
from crawler.budget import State
from crawler.database import hurry, writing
from crawler.exceptions import Paused
from crawler.models import Link
from crawler.queue import Claimed, Siblings
from crawler.reasons import Reason
from crawler.results import Result
from crawler.together import Together

P = ParamSpec("P")
T = TypeVar("T")


class Ledger:
    """`lease` is in seconds."""

    def __init__(self, engine: Engine, run_id: str, lease: float, attempts: int = queue.ATTEMPTS) -> None:
        self.engine = engine
        self.run_id = run_id
        self.lease = lease
        self.attempts = attempts
        self.thread = ThreadPoolExecutor(1, "ledger")
        self.slots = Together(self.thread, self._slots)
        self.sendings = Together(self.thread, self._sendings)
        self.saves = Together(self.thread, self._saves)

    async def _do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.thread, partial(work, *args, **kwargs))

    async def start(self) -> str | None:
        return await self._do(lease.start, self.engine, self.run_id, self.lease)

    async def beat(self) -> None:
        await self._do(lease.beat, self.engine, self.run_id, self.lease)

    async def claim(self, limit: int) -> list[Claimed]:
        return await self._do(queue.claim, self.engine, self.run_id, self.lease, limit)

    async def slot(self, key: str, rate: float, link_ids: Sequence[int]) -> float:
        """Reserve a slot for a request about these links; the answer is how many seconds it lies ahead.

        At 0 it may leave at once, and that is noted as by `sending`. Raises `Paused`.
        """
        delay = await self.slots.do((key, rate, link_ids))
        if delay is None:
            raise Paused(key)
        return delay

    def _slots(self, asked: list[tuple[str, float, Sequence[int]]]) -> list[float | None]:
        with writing(self.engine) as connection:
            hurry(connection)
            lease.hold(connection, self.run_id, self.lease)
            delays = budget.reserve(connection, [(key, rate) for key, rate, _ in asked])
            if leaving := [ids for (_, _, ids), delay in zip(asked, delays, strict=True) if delay == 0]:
                queue.mark_sent(connection, self.run_id, list(chain(*leaving)))
            return delays

    async def sending(self, link_ids: Sequence[int]) -> None:
        """Note for which links a request is about to leave."""
        await self.sendings.do(link_ids)

    def _sendings(self, link_ids: list[Sequence[int]]) -> list[None]:
        with writing(self.engine) as connection:
            hurry(connection)
            lease.hold(connection, self.run_id, self.lease)
            queue.mark_sent(connection, self.run_id, list(chain(*link_ids)))
        return [None] * len(link_ids)

    async def states(self, keys: Iterable[str]) -> dict[str, State]:
        return await self._do(budget.states, self.engine, keys)

    async def pause(self, key: str, seconds: float, why: str) -> None:
        await self._do(budget.pause, self.engine, key, seconds, why)

    async def learn(self, key: str, kind: str) -> None:
        await self._do(budget.learn, self.engine, key, kind)

    async def save(self, given: list[Result]) -> None:
        await self.saves.do(given)

    def _saves(self, given: list[list[Result]]) -> list[None]:
        results.save(self.engine, self.run_id, self.lease, *given, attempts=self.attempts)
        return [None] * len(given)

    async def count(self, code: str) -> None:
        """Count an answer that has no results to be saved with."""
        await self._do(self._count, code)

    def _count(self, code: str) -> None:
        with self.engine.begin() as connection:
            answers.count(connection, self.run_id, {code: 1})

    async def next_due(self) -> float | None:
        return await self._do(queue.next_due, self.engine, self.run_id)

    async def longest_waiting(self) -> float | None:
        return await self._do(queue.longest_waiting, self.engine)

    async def siblings(self) -> Siblings:
        return await self._do(queue.siblings, self.engine, self.run_id)

    async def wait(self, why: str, seconds: float) -> None:
        """Let the whole batch wait."""
        await self._do(queue.wait, self.engine, self.run_id, self.lease, why, seconds)

    async def give_up(self, reason: Reason) -> None:
        """End the batch's unfinished links."""
        await self._do(self._give_up, reason)

    def _give_up(self, reason: Reason) -> None:
        with writing(self.engine) as connection:
            batch_id = lease.hold(connection, self.run_id, self.lease)
            ending.fail(connection, Link.batch_id == batch_id, literal(reason), run_id=self.run_id)

    async def settle(self, outcome: str, alarm: str | None) -> None:
        await self._do(queue.settle, self.engine, self.run_id, self.lease, outcome, alarm)
