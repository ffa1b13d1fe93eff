"""What people do again and again: find a market, buy, sell."""

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
