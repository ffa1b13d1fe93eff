"""What `make bench` says of its figures."""

import asyncio

import pytest

from tests.benchmarks.patience import bounded
from tests.benchmarks.report import Figure, show


def test_what_missed_its_aim_is_named_and_returned(capsys: pytest.CaptureFixture[str]) -> None:
    figures = [
        Figure("fast", 3.0, "ms", "measured", "< 5"),
        Figure("slow", 9.0, "ms", "measured", "< 5"),
        Figure("free", 9.0, "ms", "measured"),
    ]
    assert show(figures) == ["slow"]
    assert "1 of 2 aims met: missed slow" in capsys.readouterr().out


async def test_a_measurement_that_hangs_ends_and_says_where_everybody_waits(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def never_ready() -> None:
        await asyncio.Event().wait()

    waiting = asyncio.create_task(never_ready())
    with pytest.raises(TimeoutError):
        async with bounded("the flush", seconds=0.1):
            await waiting
    said = capsys.readouterr().err
    assert "the flush hangs" in said
    assert "never_ready" in said
