"""What people do again and again: change to real money, find a market, buy, sell, claim."""

import re

from tests.support.person import Message, Person


async def market_card(person: Person, words: str, label: str) -> Message:
    """The card of the market on that button, among those that the words find."""
    found = await person.sends(words, "(?m)^Search")
    return await person.taps(found, label, "bid .* ask")


async def bought(person: Person, card: Message, amount: str = r"\$25") -> Message:
    """The receipt of a purchase of the first outcome."""
    amounts = await person.taps(card, "^Yes$", "How much on")
    ticket = await person.taps(amounts, amount, "This quote expires")
    return await person.taps(ticket, "Confirm", "(?m)^Bought")


async def sold(person: Person, card: Message, part: str) -> Message:
    """The receipt of a sale, from the position's card."""
    ticket = await person.taps(card, f"Sell {part}%", "This quote expires")
    return await person.taps(ticket, "Confirm", "(?m)^Sold")


async def changed_over(person: Person, tier: str) -> Message:
    """The card of a new wallet with real money, from the first hello on."""
    await person.sends("/start", "paper money")
    wallet = await person.sends("/wallet", "set up a key")
    tiers = await person.taps(wallet, "Set up real money", "Which key may this bot hold")
    steps = await person.taps(tiers, tier, "what you do now")
    ready = await person.taps(steps, "^Check$", "The key is ready")
    await person.taps(ready, "Read the risks", "Now type how many dollars")
    read = await person.sends("400", "typed \\$400.00 a day")
    return await person.taps(read, "Trade real money", "In use: real money")


def wallet_on(card: Message) -> str:
    found = re.search(r"Wallet (0x[0-9a-fA-F]{40})", card.text)
    assert found is not None, card.text
    return found.group(1)


async def redeemed(person: Person, told: Message) -> None:
    """What was won, and waits to be claimed, is claimed from the notice of it."""
    card = await person.taps(told, "^Wallet$", "Results to claim")
    await person.taps(card, "^Redeem", "claim is sent")
