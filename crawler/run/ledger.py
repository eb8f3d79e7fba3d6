"""The database as one run sees it. Every call runs in a thread: the reactor never waits for SQL.

It is one thread: a run's writes all lock its row, and SQLite's whole database, so that several could only wait for each
other. What waits for it is done together.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from time import monotonic
from typing import NamedTuple, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, literal

from crawler.exceptions import Paused
from crawler.queue import answer_counts, budgets, cancellation, claims, demand, lease, results, round_robin, succession
from crawler.queue.budgets import State
from crawler.queue.claims import Claimed
from crawler.queue.demand import Siblings
from crawler.queue.results import Result
from crawler.queue.succession import Taken
from crawler.reasons import Reason
from crawler.run.group_commit import GroupCommit
from crawler.run.lease_guard import GRACE_SECONDS, LeaseGuard
from crawler.store.database import hurry, writing
from crawler.store.models.batches import Link

P = ParamSpec("P")
T = TypeVar("T")


NOTED_SECONDS = 0.25  # before its slot begins it is noted that a request is being sent: other writes may come first


class Slot(NamedTuple):
    """When a request may leave, on the monotonic clock. `noted`: the database knows that it is being sent."""

    begins_at: float
    noted: bool


class Ledger:
    """`lease` is in seconds. `budgets` is where slots are taken from, if that is another database.

    `run_id` changes in its thread only, where the process takes a further run.
    """

    def __init__(
        self,
        engine: Engine,
        run_id: str,
        lease: float,
        attempts: int = claims.ATTEMPTS,
        budgets: Engine | None = None,
    ) -> None:
        self.engine = engine
        self.budgets = budgets or engine
        self.run_id = run_id
        self.lease = lease
        self.attempts = attempts
        self.guard = LeaseGuard(lease + GRACE_SECONDS)
        self.thread = ThreadPoolExecutor(1, "ledger")
        self.slots = GroupCommit(self.thread, self._slots)
        self.sendings = GroupCommit(self.thread, self._sendings)
        self.saves = GroupCommit(self.thread, self._saves)

    async def _do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.thread, partial(work, *args, **kwargs))

    async def start(self, owner: str) -> str | None:
        return await self._do(self._start, owner)

    def _start(self, owner: str) -> str | None:
        with self.guard.held():
            return lease.start(self.engine, self.run_id, self.lease, owner)

    async def beat(self) -> None:
        await self._do(self._beat)

    def _beat(self) -> None:
        with self.guard.held():
            lease.beat(self.engine, self.run_id, self.lease)

    async def claim(self, limit: int, *, careful: bool = True) -> list[Claimed]:
        return await self._do(claims.claim, self.engine, self.run_id, self.lease, limit, careful=careful)

    async def slot(self, key: str, rate: float, link_ids: Sequence[int]) -> Slot:
        """Reserve a slot for a request about these links. If it is near, that they are being sent is noted as by
        `sending`. Raises `Paused`.
        """
        slot = await self.slots.do((key, rate, link_ids))
        if slot is None:
            raise Paused(key)
        return slot

    def _slots(self, asked: list[tuple[str, float, Sequence[int]]]) -> list[Slot | None]:
        with self.guard.held(), writing(self.engine) as connection:
            hurry(connection)
            lease.extend_lease(connection, self.run_id, self.lease)
            delays = self._reserve(connection, [(key, rate) for key, rate, _ in asked])
            now = monotonic()
            if leaving := [ids for (_, _, ids), delay in zip(asked, delays, strict=True) if _is_near(delay)]:
                claims.mark_sent(connection, self.run_id, list(chain(*leaving)))
            return [None if delay is None else Slot(now + delay, noted=_is_near(delay)) for delay in delays]

    def _reserve(self, connection: Connection, asked: list[tuple[str, float]]) -> list[float | None]:
        if self.budgets is self.engine:
            return budgets.reserve(connection, asked)
        with writing(self.budgets) as shared:
            hurry(shared)
            return budgets.reserve(shared, asked)

    async def sending(self, link_ids: Sequence[int]) -> None:
        """Note for which links a request is about to leave."""
        await self.sendings.do(link_ids)

    async def not_sending(self, link_ids: Sequence[int]) -> None:
        """Take that back: none of them would be charged if the process died now."""
        await self._do(self._not_sending, link_ids)

    def _not_sending(self, link_ids: Sequence[int]) -> None:
        with self.guard.held(), writing(self.engine) as connection:
            lease.extend_lease(connection, self.run_id, self.lease)
            claims.mark_sent(connection, self.run_id, link_ids, sent=False)

    def _sendings(self, link_ids: list[Sequence[int]]) -> list[None]:
        with self.guard.held(), writing(self.engine) as connection:
            hurry(connection)
            lease.extend_lease(connection, self.run_id, self.lease)
            claims.mark_sent(connection, self.run_id, list(chain(*link_ids)))
        return [None] * len(link_ids)

    async def states(self, keys: Iterable[str]) -> dict[str, State]:
        return await self._do(budgets.states, self.budgets, keys)

    async def pause(self, key: str, seconds: float, why: str) -> None:
        await self._do(budgets.pause, self.budgets, key, seconds, why)

    async def learn(self, key: str, kind: str) -> None:
        await self._do(budgets.learn, self.budgets, key, kind)

    async def note_missing_right(self, key: str, method: str) -> None:
        await self._do(budgets.note_missing_right, self.budgets, key, method)

    async def save(self, given: list[Result]) -> None:
        await self.saves.do(given)

    def _saves(self, given: list[list[Result]]) -> list[None]:
        failures = claims.AD_HOC_FAILURES if self.attempts == claims.AD_HOC_ATTEMPTS else None
        with self.guard.held():
            results.save(self.engine, self.run_id, self.lease, *given, attempts=self.attempts, failures=failures)
        return [None] * len(given)

    async def count(self, code: str) -> None:
        """Count an answer that has no results to be saved with."""
        await self._do(self._count, code)

    def _count(self, code: str) -> None:
        with self.engine.begin() as connection:
            answer_counts.count(connection, self.run_id, {code: 1})

    async def next_due(self) -> float | None:
        return await self._do(demand.next_due, self.engine, self.run_id)

    async def longest_waiting(self) -> float | None:
        return await self._do(demand.longest_waiting, self.engine)

    async def siblings(self) -> Siblings:
        return await self._do(demand.siblings, self.engine, self.run_id)

    async def postpone_part(self, why: str, seconds: float) -> None:
        """Let the whole batch wait."""
        await self._do(claims.postpone_part, self.engine, self.run_id, self.lease, why, seconds)

    async def give_up(self, reason: Reason) -> None:
        """End the batch's unfinished links."""
        await self._do(self._give_up, reason)

    def _give_up(self, reason: Reason) -> None:
        with writing(self.engine) as connection:
            batch_id = lease.extend_lease(connection, self.run_id, self.lease)
            cancellation.fail(connection, Link.batch_id == batch_id, literal(reason), run_id=self.run_id)

    async def settle(self, outcome: str, alarm: str | None) -> None:
        await self._do(self._settle, outcome, alarm)

    def _settle(self, outcome: str, alarm: str | None) -> None:
        claims.settle(self.engine, self.run_id, self.lease, outcome, alarm)
        self.guard.release()

    async def next_platform(self) -> str | None:
        return await self._do(round_robin.next_platform, self.engine)

    async def take_next(self, alarm: str | None) -> Taken | None:
        """End the run, and begin the next one."""
        return await self._do(self._take_next, alarm)

    def _take_next(self, alarm: str | None) -> Taken | None:
        with self.guard.held():
            taken = succession.take(self.engine, self.run_id, self.lease, alarm)
        if taken:
            self.run_id = taken.run_id
        return taken


def _is_near(delay: float | None) -> bool:
    return delay is not None and delay <= NOTED_SECONDS
