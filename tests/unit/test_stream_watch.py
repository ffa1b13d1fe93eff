"""Who checks rarely while prices stream hears at once that polling has to carry them."""

import asyncio

import pytest

from core.services.weather.stream_watch import BEAT, StreamWatch


async def test_each_end_of_the_stream_wakes_everybody_once_and_nothing_else_does() -> None:
    streams = iter([True, True, False, False, True, False])
    slept, woken = list[float](), list[str]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    def is_streaming() -> bool:
        try:
            return next(streams)
        except StopIteration:
            raise asyncio.CancelledError from None

    wakes = [lambda: woken.append("candidates"), lambda: woken.append("forecasts")]
    with pytest.raises(asyncio.CancelledError):
        await StreamWatch(is_streaming, wakes, sleep=sleep).run()
    assert woken == ["candidates", "forecasts"] * 2
    assert set(slept) == {BEAT}
