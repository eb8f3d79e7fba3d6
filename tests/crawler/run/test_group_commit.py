import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from crawler.run.group_commit import GroupCommit

WAIT = 10.0


def play(work, *given, cancel=()):
    """Call with each; all but the first come while the thread is busy with that one. What each was told."""
    free, busy = Event(), Event()

    def held(group):
        busy.set()
        assert free.wait(WAIT)
        return work(group)

    async def calls():
        with ThreadPoolExecutor(1) as thread:
            together = GroupCommit(thread, held)
            first = asyncio.create_task(together.do(given[0]))
            assert await asyncio.to_thread(busy.wait, WAIT)
            others = [asyncio.create_task(together.do(one)) for one in given[1:]]
            await asyncio.sleep(0)
            for place in cancel:
                others[place - 1].cancel()
            await asyncio.sleep(0)
            free.set()
            return await asyncio.gather(first, *others, return_exceptions=True)

    return asyncio.run(calls())


def test_what_waits_is_done_at_once_and_each_is_told_its_own():
    groups = []

    def double(group):
        groups.append(group)
        return [2 * one for one in group]

    assert play(double, 1, 2, 3, 4) == [2, 4, 6, 8]
    assert groups == [[1], [2, 3, 4]]


def test_an_error_is_told_to_all_of_its_group_and_to_nobody_else():
    def picky(group):
        if 3 in group:
            raise ValueError("three")
        return group

    one, *others = play(picky, 1, 2, 3)
    assert one == 1
    assert [str(error) for error in others] == ["three", "three"]


def test_who_was_cancelled_before_its_turn_is_left_out():
    groups = []

    def note(group):
        groups.append(group)
        return group

    one, two, three = play(note, 1, 2, 3, cancel=[1])
    assert (one, three) == (1, 3)
    assert isinstance(two, asyncio.CancelledError)
    assert groups == [[1], [3]]


def test_after_an_error_it_goes_on():
    async def calls():
        with ThreadPoolExecutor(1) as thread:
            together = GroupCommit(thread, lambda group: [1 // one for one in group])
            with pytest.raises(ZeroDivisionError):
                await together.do(0)
            return await together.do(1)

    assert asyncio.run(calls()) == 1
