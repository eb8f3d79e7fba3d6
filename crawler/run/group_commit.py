"""Calls that come while a thread is busy, done together in its next turn: one transaction for many answers."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from typing import Generic, TypeVar

Given = TypeVar("Given")
Said = TypeVar("Said")


class GroupCommit(Generic[Given, Said]):
    """`work` is given what several calls were given, in their order, and returns what each is told.

    What it raises, all of them are told.
    """

    def __init__(self, thread: Executor, work: Callable[[list[Given]], Sequence[Said]]) -> None:
        self.thread = thread
        self.work = work
        self.waiting: deque[tuple[Given, Future[Said]]] = deque()

    async def do(self, given: Given) -> Said:
        told: Future[Said] = Future()
        self.waiting.append((given, told))
        self.thread.submit(self._turn)
        return await asyncio.wrap_future(told)

    def _turn(self) -> None:
        """Do all that waits. An earlier turn may have done it already."""
        taken = [self.waiting.popleft() for _ in range(len(self.waiting))]
        calls = [(given, told) for given, told in taken if told.set_running_or_notify_cancel()]
        if not calls:
            return
        try:
            said = self.work([given for given, _ in calls])
        except BaseException as error:  # noqa: BLE001 - it is not ours
            for _, told in calls:
                told.set_exception(error)
        else:
            for (_, told), answer in zip(calls, said, strict=True):
                told.set_result(answer)
