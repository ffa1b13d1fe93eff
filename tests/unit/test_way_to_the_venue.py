"""How long the venue's answers take, which practice orders of the strategy have to wait too."""

import asyncio

import httpx
import pytest

from core.domain.errors import Unavailable
from infrastructure.polymarket.http import MEASURED, UNMEASURED, VenueHttp
from tests.support.stepped_loop import run_stepped


def venue_of(client: httpx.AsyncClient) -> VenueHttp:
    return VenueHttp(client, "http://venue.test", chance=lambda: 0.0)


async def answering(seconds: float, request: httpx.Request) -> httpx.Response:
    await asyncio.sleep(seconds)
    return httpx.Response(200 if request.url.path == "/time" else 503)


async def test_before_any_answer_it_is_a_guess() -> None:
    async with httpx.AsyncClient() as client:
        assert venue_of(client).way() == UNMEASURED


def test_it_is_the_median_of_the_latest_answers_and_refusals_do_not_count() -> None:
    taking = [0.2]

    async def answer(request: httpx.Request) -> httpx.Response:
        return await answering(taking[0], request)

    async def main() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            venue = venue_of(client)
            for seconds in (0.2, 0.1, 0.9):
                taking[0] = seconds
                await venue.get("/time")
            assert venue.way() == pytest.approx(0.2, abs=0.01)
            taking[0] = 3.0
            with pytest.raises(Unavailable):
                await venue.get("/busy")
            assert venue.way() == pytest.approx(0.2, abs=0.01)
            assert venue.background().way() == venue.way()
            taking[0] = 0.4
            for _ in range(MEASURED):
                await venue.get("/time")
            assert venue.way() == pytest.approx(0.4, abs=0.01)

    run_stepped(main())
