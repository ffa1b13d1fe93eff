"""What holds at the end of every conversation, whatever it was about."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import aiohttp
import sqlalchemy as sa

from core.domain.secrets import SecretKind, pasted_secret
from core.storage.models import Sessions

EXPECTED: Final = (
    "message to edit not found",  # a card that its reader has deleted
    "message is not modified",  # a Refresh in the second of the one before
    "message to delete not found",
    "message can't be deleted",
    "bot was blocked by the user",
    "chat not found",  # somebody who was put into the database by hand
    "query is too old",  # a tap that waited behind a stop of the program
    "terminated by other getupdates request",  # two runs of the bot one after the other
)
"""Refusals that the bot cannot foresee: it learns from them."""
UNBOUGHT: Final = """
SELECT o.key FROM orders o WHERE o.key LIKE 'button:%' AND NOT EXISTS (
    SELECT FROM money_buttons b WHERE 'button:' || b.id = o.key AND b.used_at IS NOT NULL)
"""


def unexpected(
    violations: Iterable[Mapping[str, Any]], expected: Collection[str] = ()
) -> list[Mapping[str, Any]]:
    """What the bot did that Telegram does not like and nobody expects: refused requests, limits
    that were passed, taps that were answered twice or never.
    """
    known = (*EXPECTED, *expected)
    return [
        each for each in violations if not any(words in each["detail"].lower() for words in known)
    ]


def secrets_among(said: Iterable[str], token: str = "") -> list[str]:
    """Texts that the bot sent or edited with something in them that nobody may read.

    Long texts of plain words look like a seed phrase, and the bot has none to tell.
    """
    innocent = {None, SecretKind.SEED_PHRASE}
    return [
        text for text in said if pasted_secret(text) not in innocent or (token and token in text)
    ]


async def hold_in_chat(
    session: aiohttp.ClientSession, *, token: str = "", expected: Collection[str] = ()
) -> None:
    """Of everything that the sandbox's Telegram has seen of the bot."""
    async with session.get("/api/violations") as answer:
        violations = (await answer.json())["violations"]
    async with session.get("/api/said") as answer:
        said = (await answer.json())["said"]
    found, told = unexpected(violations, expected), secrets_among(said, token)
    assert not found, found
    assert not told, told


async def hold_in_orders(sessions: Sessions) -> None:
    """No order of a button without that button having been spent, and none twice."""
    async with sessions() as session:
        unbought = (await session.scalars(sa.text(UNBOUGHT))).all()
        keys = (
            await session.scalars(sa.text("SELECT key FROM orders WHERE key LIKE 'button:%'"))
        ).all()
    assert not unbought, unbought
    assert len(set(keys)) == len(keys), keys
