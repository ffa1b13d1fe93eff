"""The official client's own stream on the same frames from the same process, in turn with ours."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import replace
from statistics import median
from typing import Final

from polymarket import AsyncPublicClient
from polymarket._internal.environment import PRODUCTION_CONFIG, create_environment
from polymarket._internal.streams.handle import AsyncSubscriptionHandle
from polymarket.streams import MarketEvent, MarketSpec

from tests.benchmarks import feeds
from tests.benchmarks.frames import Capture
from tests.benchmarks.ours import PATIENCE
from tests.benchmarks.report import Figure
from tests.benchmarks.stream import whole_path

ROUNDS: Final = 3


async def against_official(capture: Capture) -> list[Figure]:
    """It hands typed events to a consumer, which only counts them; ours keeps whole books."""
    whole, proven, theirs = [], [], []
    with feeds.flood(capture.frames) as url:
        for _ in range(ROUNDS):
            whole.append(await whole_path(url, capture, verifies=False))
            proven.append(await whole_path(url, capture, verifies=True))
            theirs.append(await _events_a_second(url, capture))
    how = f"CPU time of the client, median of {ROUNDS} rounds in turn, {capture.origin}"
    unproven_ratio = median(our / their for our, their in zip(whole, theirs, strict=True))
    proven_ratio = median(our / their for our, their in zip(proven, theirs, strict=True))
    return [
        Figure("official_client", median(theirs), "msg/s", f"polymarket-client; {how}"),
        Figure("whole_path_to_official_client", unproven_ratio, "ratio", how, ">= 3"),
        Figure("with_every_hash_to_official_client", proven_ratio, "ratio", how, ">= 1"),
    ]


@asynccontextmanager
async def subscribed(
    url: str, tokens: Collection[str]
) -> AsyncIterator[AsyncSubscriptionHandle[MarketEvent]]:
    """The official client's subscription to these tokens at `url`."""
    config = replace(PRODUCTION_CONFIG, clob_market_ws_url=url)
    environment = create_environment(name="bench", config=config)
    async with AsyncPublicClient(environment=environment) as client:
        handle = await client.subscribe(MarketSpec(asset_ids=list(tokens)))
        if not isinstance(handle, AsyncSubscriptionHandle):
            raise TypeError("the official client has another kind of handle now")
        async with handle:
            yield handle


async def _events_a_second(url: str, capture: Capture) -> float:
    """Events a second of CPU time, from connecting on. What its queue drops was read all the same.

    Raises: TimeoutError.
    """
    expected, heard = capture.messages(), 0
    began = time.process_time()
    tokens = [token for pair in capture.pairs for token in pair]
    async with asyncio.timeout(PATIENCE), subscribed(url, tokens) as handle:
        async for _ in handle:
            heard += 1
            if heard + handle.dropped >= expected:
                break
        return expected / (time.process_time() - began)
