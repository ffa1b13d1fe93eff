"""Somebody who reads French is refused for every kind of reason, and reads no English."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest

from core.domain.health import PriceState
from core.domain.risk import LimitKind
from core.storage.models import Sessions
from infrastructure.polymarket.trading.refusals import error_of, in_own_words, verdict_on
from telegram_bot.languages.catalogue import install_catalogues
from telegram_bot.readers import preferred_reader
from tests.support import examples
from tests.support.chat import ANN, BEN, Message, Person, buttons
from tests.support.live_chat import LiveChat, built_live_chat

KILLED: Final = "order couldn't be fully filled or killed: FOK_ORDER_NOT_FILLED"
ENGLISH: Final = re.compile(
    r"\b(?:the|and|was|were|you|your|is|are|has|have|nothing|this|that|not|with|for|to|of|in"
    r"|order|price|venue|sent|bought|sold|try|again)\b",
    re.IGNORECASE,
)


@pytest.fixture(autouse=True)
def _languages() -> Iterator[None]:
    remove = install_catalogues()
    yield
    remove()


@pytest.fixture
async def live(sessions: Sessions, tmp_path: Path) -> AsyncIterator[LiveChat]:
    """Ann, the owner, and Ben have chosen French."""
    async with built_live_chat(sessions, tmp_path) as built:
        for person in (ANN, BEN):
            await built.chat.prefers(person, language="fr")
        preferences = built.chat.services.preferences
        chat = built.chat.with_services(reader_of=preferred_reader(preferences.of))
        async with chat.running():
            yield replace(built, chat=chat)


async def _ticket(live: LiveChat) -> Message:
    """Of ten dollars on Yes."""
    amounts = await live.ann.opens(await live.card(), "Yes")
    return await live.ann.opens(amounts, "$10")


async def _refused(ann: Person, words: str) -> str:
    """The screen's text once it says `words`; nothing on it is English but the market's name."""
    screen = await ann.reads(words)
    text = str(screen["text"]).replace(examples.market().question, "")
    assert ENGLISH.findall(text) == []
    assert ENGLISH.findall(" ".join(buttons(screen))) == []
    assert await ann.violations() == []
    return text


async def test_above_a_limit(live: LiveChat) -> None:
    user = await live.goes_live()
    ticket = await _ticket(live)
    limits = live.chat.services.own_limits
    assert limits is not None
    await limits.set(user, LimitKind.PER_ORDER, Decimal(5))
    await live.ann.taps(ticket, "Confirm")
    text = await _refused(live.ann, "Au-delà d\u2019une limite")
    assert "Un ordre\u00a0: 5.00 USDC au plus\u202f; cet ordre est de 10.00." in text
    assert "Achetez pour 5.00 au plus" in text


async def test_without_a_price_that_is_fresh_enough(live: LiveChat) -> None:
    await live.goes_live()
    amounts = await live.ann.opens(await live.card(), "Yes")
    live.chat.venue.asks.clear()
    live.chat.board.set_state(examples.YES, PriceState.SUSPECT)
    await live.ann.taps(amounts, "$10")
    text = await _refused(live.ann, "Pas de prix assez récent")
    assert "n\u2019a pas de carnet d\u2019ordres pour cette issue en ce moment." in text


async def test_while_trading_is_halted(live: LiveChat) -> None:
    await live.goes_live()
    ticket = await _ticket(live)
    switch = live.chat.services.kill_switch
    assert switch is not None
    await switch.halt(await live.user())
    await live.ann.taps(ticket, "Confirm")
    text = await _refused(live.ann, "La négociation est arrêtée")
    assert "Le propriétaire a arrêté la négociation." in text


async def test_with_too_little_money(live: LiveChat) -> None:
    await live.goes_live(dollars=5)
    amounts = await live.ann.opens(await live.card(), "Yes")
    await live.ann.taps(amounts, "$10")
    text = await _refused(live.ann, "Liquidités insuffisantes")
    assert "Vous avez 5.00 USDC, moins que 10.00." in text


async def test_by_the_venue_in_words_that_we_know(live: LiveChat) -> None:
    """Once more from the row, where the reason is English."""
    await live.goes_live()
    verdict = verdict_on(KILLED)
    assert verdict is not None
    live.venue.posts.append(error_of(verdict, KILLED))
    await live.ann.taps(await _ticket(live), "Confirm")
    await _refused(live.ann, "Il n\u2019y avait pas assez en face pour l\u2019ordre entier")
    recent = await live.ann.opens(await live.ann.says("/orders"), "Récents")
    await live.ann.opens(recent, buttons(recent)[0])
    await _refused(live.ann, "Raison\u00a0: Il n\u2019y avait pas assez en face")


async def test_by_the_venue_in_words_that_nobody_knows(live: LiveChat) -> None:
    await live.goes_live()
    live.venue.posts.append(in_own_words("gremlins"))
    await live.ann.taps(await _ticket(live), "Confirm")
    text = await _refused(live.ann, "La plateforme a refusé l\u2019ordre.")
    assert "Sa réponse\u00a0: “gremlins”" in text


async def test_for_a_number_that_cannot_be_read_and_for_what_only_the_owner_does(
    live: LiveChat,
) -> None:
    asked = await live.ann.opens(await live.ann.opens(await live.card(), "Yes"), "Other")
    assert "Saisissez un montant" in asked["text"]
    await live.ann.says("1,250")
    text = await _refused(live.ann, "des milliers ou des décimales")
    assert "Écrivez 1250" in text
    await live.chat.person(BEN).says("/halt")
    await _refused(live.chat.person(BEN), "Seul le propriétaire de ce bot peut faire cela.")
