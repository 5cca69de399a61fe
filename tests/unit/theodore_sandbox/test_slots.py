"""Turns of companies at work: as many as there are, the most urgent first."""

import asyncio

from theodore_sandbox.theodore.pipeline.slots import Slots


def order(ranks, cancelled=()):
    """The numbers of those who wait with these ranks, in the order in which their turn came."""
    came = []

    async def wait(slots, number, rank):
        async with slots.taken(rank):
            came.append(number)

    async def run():
        slots = Slots(1)
        async with slots.taken(0):
            tasks = [asyncio.create_task(wait(slots, number, rank)) for number, rank in enumerate(ranks)]
            await asyncio.sleep(0)
            for number in cancelled:
                tasks[number].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert slots.free == 1

    asyncio.run(run())
    return came


def test_the_most_urgent_comes_first_and_of_equals_the_first():
    assert order([2, 1, 3, 1, 0]) == [4, 1, 3, 0, 2]


def test_who_no_longer_waits_is_passed_over():
    assert order([1, 0, 1], cancelled=(1,)) == [0, 2]


def test_a_turn_that_comes_with_the_cancellation_is_passed_on():
    came = []

    async def wait(slots):
        async with slots.taken(1):
            came.append("second")

    async def run():
        slots = Slots(1)
        async with slots.taken(0):
            first, second = (asyncio.create_task(wait(slots)) for _ in range(2))
            await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        assert slots.free == 1

    asyncio.run(run())
    assert came == ["second"]


def test_so_many_at_once():
    most = []

    async def work(slots, active):
        async with slots.taken(1):
            active.append(1)
            most.append(len(active))
            await asyncio.sleep(0)
            active.pop()

    async def run():
        slots, active = Slots(3), []
        await asyncio.gather(*(work(slots, active) for _ in range(20)))

    asyncio.run(run())
    assert max(most) == 3
