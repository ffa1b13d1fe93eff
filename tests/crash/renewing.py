"""Steps of a trial: a new session key is made, authorised and taken into use."""

from typing import Final

from core.domain.custody import Tier
from tests.crash.newcomer import DEPOSIT
from tests.crash.story import Story
from tests.crash.waiting import until

WAITING: Final = "SELECT key_address FROM live_wallets WHERE state = 'waiting'"


async def new_key(story: Story) -> None:
    await story.home()
    story.taken += 1
    story.asked += 1
    await story.tap(f"vb.{Tier.SESSION}")


async def key_waits(story: Story) -> None:
    """A tap that came to nothing is made again: it never makes a second key."""

    async def is_over() -> bool:
        return await _waiting(story) is not None or await story.is_heard("vb", story.asked)

    await until(is_over)
    if await _waiting(story) is None:
        story.taken -= 1
    else:
        story.taken += 1
        story.asked = 0


async def authorise(story: Story) -> None:
    """Its owner does, at the venue; what was authorised before is so still."""
    wallet, key = story.stage.wallet, await _waiting(story)
    authorised = {"address": wallet, "funder": wallet, "session_keys": {key: None}}
    await story.control("wallet", signature_type=DEPOSIT, **authorised)
    story.taken += 1


async def check(story: Story) -> None:
    await story.home()
    if not story.asked:
        await story.break_venue()
    story.taken += 1
    story.asked += 1
    await story.tap("vc")


async def renewed(story: Story) -> None:
    """While the order before is not off the book, the old key stays: asked for again."""

    async def is_over() -> bool:
        return await _waiting(story) is None or await story.is_heard("vc", story.asked)

    await until(is_over)
    story.taken += 1 if await _waiting(story) is None else -1


async def _waiting(story: Story) -> str | None:
    found: str | None = await story.stage.database.fetchval(WAITING)
    return found
