"""Whether a venue is there at all: asked once, before anything is built."""

import httpx


async def venue_answers(clob_url: str, patience: float) -> bool:
    """Whether `GET /time` is answered with success within `patience` seconds."""
    try:
        async with httpx.AsyncClient(timeout=patience) as client:
            answer = await client.get(clob_url.rstrip("/") + "/time")
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
    return answer.is_success
