"""The database as one run sees it. Every call runs in a thread: the reactor never waits for SQL."""

from collections.abc import Iterable
from dataclasses import dataclass

from scrapy.utils.asyncio import run_in_thread
from sqlalchemy import Engine, literal, select

from crawler import answers, budget, ending, lease, queue, results
from crawler.budget import State
from crawler.database import writing
from crawler.models import Batch, Link, Run
from crawler.queue import Claimed
from crawler.reasons import Reason
from crawler.results import Result


@dataclass(frozen=True, slots=True)
class Ledger:
    engine: Engine
    run_id: str
    lease: float  # seconds
    attempts: int = queue.ATTEMPTS

    async def start(self) -> bool:
        return await run_in_thread(lease.start, self.engine, self.run_id, self.lease)

    async def batch(self) -> str:
        """Return the public id of the run's batch; empty where that was deleted."""
        return await run_in_thread(self._batch)

    def _batch(self) -> str:
        batch = select(Batch.public_id).join(Run, Run.batch_id == Batch.id).where(Run.id == self.run_id)
        with self.engine.connect() as connection:
            return connection.execute(batch).scalar() or ""

    async def beat(self) -> None:
        await run_in_thread(lease.beat, self.engine, self.run_id, self.lease)

    async def claim(self, limit: int) -> list[Claimed]:
        return await run_in_thread(queue.claim, self.engine, self.run_id, self.lease, limit)

    async def slot(self, key: str, rate: float) -> float:
        """Reserve a slot for a request; the answer is how many seconds it lies ahead."""
        return await run_in_thread(self._slot, key, rate)

    def _slot(self, key: str, rate: float) -> float:
        with writing(self.engine) as connection:
            lease.hold(connection, self.run_id, self.lease)
            return budget.reserve(connection, key, rate)

    async def sending(self, link_ids: list[int]) -> None:
        """Note for which links a request is about to leave."""
        await run_in_thread(self._sending, link_ids)

    def _sending(self, link_ids: list[int]) -> None:
        with writing(self.engine) as connection:
            lease.hold(connection, self.run_id, self.lease)
            queue.mark_sent(connection, self.run_id, link_ids)

    async def states(self, keys: Iterable[str]) -> dict[str, State]:
        return await run_in_thread(budget.states, self.engine, keys)

    async def pause(self, key: str, seconds: float, why: str) -> None:
        await run_in_thread(budget.pause, self.engine, key, seconds, why)

    async def learn(self, key: str, kind: str) -> None:
        await run_in_thread(budget.learn, self.engine, key, kind)

    async def save(self, given: list[Result]) -> None:
        await run_in_thread(results.save, self.engine, self.run_id, self.lease, given, self.attempts)

    async def count(self, code: str) -> None:
        """Count an answer that has no results to be saved with."""
        await run_in_thread(self._count, code)

    def _count(self, code: str) -> None:
        with self.engine.begin() as connection:
            answers.count(connection, self.run_id, code)

    async def next_due(self) -> float | None:
        return await run_in_thread(queue.next_due, self.engine, self.run_id)

    async def others_wait(self) -> bool:
        return await run_in_thread(queue.others_wait, self.engine)

    async def wait(self, why: str, seconds: float) -> None:
        """Let the whole batch wait."""
        await run_in_thread(queue.wait, self.engine, self.run_id, self.lease, why, seconds)

    async def give_up(self, reason: Reason) -> None:
        """End the batch's unfinished links."""
        await run_in_thread(self._give_up, reason)

    def _give_up(self, reason: Reason) -> None:
        with writing(self.engine) as connection:
            batch_id = lease.hold(connection, self.run_id, self.lease)
            ending.fail(connection, Link.batch_id == batch_id, literal(reason), run_id=self.run_id)

    async def settle(self, outcome: str, alarm: str | None) -> None:
        await run_in_thread(queue.settle, self.engine, self.run_id, self.lease, outcome, alarm)
