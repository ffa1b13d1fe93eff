"""Keys and withdrawals, told of without being asked: what happened, and what to do about it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from core.domain.custody import NewsKind
from core.domain.notice import WalletChanged
from core.domain.withdrawal import WithdrawalId
from telegram_bot.account_actions import CancelWithdrawal, ShowWallet, ShowWithdrawals
from telegram_bot.screens.numbers import money
from telegram_bot.screens.screen import Button, Row, Screen, Style, blocks, home_button
from telegram_bot.screens.text import safe, told
from telegram_bot.screens.times import date_clock
from telegram_bot.words import mark, say

UNREAD: Final = mark("Something about your wallet has changed.")


def custody_notice(news: WalletChanged) -> Screen:
    """A record that stays in the chat; a kind that we do not know says the least."""
    heading, story = _told(news)
    return Screen(
        blocks(f"<b>{heading}</b>", *story, say("<i>live money</i>")),
        (_buttons(news),),
        keeps_message=True,
    )


def _told(news: WalletChanged) -> tuple[str, tuple[str, ...]]:
    known = next((kind for kind in NewsKind if kind.value == news.what), None)
    if known is None:
        return say(UNREAD), (say("Look at Wallet."),)
    heading, story = STORIES[known]
    return say(heading, amount=_amount(news.facts)), story(news.facts)


def _ending(facts: Mapping[str, str]) -> tuple[str, ...]:
    return (
        say(
            "It trades until {moment}. Set up a new one under Wallet before that; the one "
            "before is given up when the new one is ready.",
            moment=_moment(facts, "until"),
        ),
        say("Your positions and open orders stay where they are."),
    )


def _ended(facts: Mapping[str, str]) -> tuple[str, ...]:
    return (
        say(
            "Since {moment} nothing is signed with it: no new order with real money, also no "
            "protective sell. Cancelling works.",
            moment=_moment(facts, "until"),
        ),
        say("Set up a new one under Wallet. Your positions and open orders stay where they are."),
    )


def _unlisted(facts: Mapping[str, str]) -> tuple[str, ...]:
    return (
        told(facts.get("problem", ""), 400),
        say("Until then the venue may refuse your orders. No money has moved because of it."),
    )


def _allowed(facts: Mapping[str, str]) -> tuple[str, ...]:
    return (
        f"{safe(facts.get('label', ''), 40)} <code>{_address(facts)}</code>",
        say(
            "It can be paid from {moment} on. <b>If it was not you</b>, remove it under "
            "Withdrawals, then revoke the key under Wallet.",
            moment=_moment(facts, "usable_at"),
        ),
    )


def _requested(facts: Mapping[str, str]) -> tuple[str, ...]:
    return (
        say(
            "To <code>{address}</code>, at {moment}.",
            address=_address(facts),
            moment=_moment(facts, "due_at"),
        ),
        say(
            "Until then it can be cancelled. <b>If it was not you</b>, cancel it, then "
            "revoke the key under Wallet."
        ),
    )


def _sent(facts: Mapping[str, str]) -> tuple[str, ...]:
    transaction = facts.get("transaction", "")
    told = (
        say("Transaction <code>{transaction}</code>", transaction=safe(transaction, 80))
        if transaction
        else ""
    )
    return (say("To <code>{address}</code>.", address=_address(facts)), told)


def _failed(facts: Mapping[str, str]) -> tuple[str, ...]:
    return (
        say("To <code>{address}</code>.", address=_address(facts)),
        told(facts["reason"], 300) if facts.get("reason") else "",
        say("Nothing left: the money is in your wallet as before."),
    )


def _unclear(facts: Mapping[str, str]) -> tuple[str, ...]:
    return (
        say("To <code>{address}</code>. The answer was lost.", address=_address(facts)),
        say(
            "It is looked for, and never sent again by itself. Do not repeat it: look at the "
            "address first."
        ),
    )


def _refused(facts: Mapping[str, str]) -> tuple[str, ...]:
    return (
        told(facts.get("problem", ""), 400),
        say(
            "Nothing is bought with real money until the venue allows it. Selling and "
            "cancelling go on, and your positions and open orders stay where they are."
        ),
        say("The venue is asked again by itself, and you are told when it lets you buy again."),
    )


def _let_in(facts: Mapping[str, str]) -> tuple[str, ...]:  # noqa: ARG001 - as all the others
    return (say("Buying with real money works again. Nothing was bought meanwhile."),)


def _buttons(news: WalletChanged) -> Row:
    number = news.facts.get("withdrawal", "")
    if news.what == NewsKind.WITHDRAWAL_REQUESTED and number.isdecimal():
        withdrawal = WithdrawalId(int(number))
        return (
            Button(say("Cancel withdrawal"), CancelWithdrawal(withdrawal), Style.DANGER),
            Button(say("Wallet"), ShowWallet()),
        )
    if "withdrawal" in news.facts or news.what == NewsKind.ADDRESS_ALLOWED:
        return (
            Button(say("Withdrawals"), ShowWithdrawals()),
            Button(say("Wallet"), ShowWallet()),
        )
    return (Button(say("Wallet"), ShowWallet()), home_button())


def _address(facts: Mapping[str, str]) -> str:
    return safe(facts.get("address", ""), 60)


def _amount(facts: Mapping[str, str]) -> str:
    try:
        return money(Decimal(facts.get("amount", "")))
    except InvalidOperation:
        return say("An amount")


def _moment(facts: Mapping[str, str], name: str) -> str:
    try:
        at = datetime.fromisoformat(facts.get(name, ""))
    except ValueError:
        return say("a time that is not known")
    return date_clock(at)


STORIES: Final[Mapping[NewsKind, tuple[str, Callable[[Mapping[str, str]], tuple[str, ...]]]]] = {
    NewsKind.SESSION_ENDING: (mark("Your session key ends soon"), _ending),
    NewsKind.SESSION_ENDED: (mark("Your session key has ended"), _ended),
    NewsKind.SESSION_UNLISTED: (
        mark("The venue does not list your session key as it should"),
        _unlisted,
    ),
    NewsKind.ADDRESS_ALLOWED: (mark("A new address may be paid"), _allowed),
    NewsKind.WITHDRAWAL_REQUESTED: (mark("{amount} is to be withdrawn"), _requested),
    NewsKind.WITHDRAWAL_SENT: (mark("{amount} was withdrawn"), _sent),
    NewsKind.WITHDRAWAL_FAILED: (mark("{amount} was not withdrawn"), _failed),
    NewsKind.WITHDRAWAL_UNKNOWN: (mark("It is not clear whether {amount} left"), _unclear),
    NewsKind.VENUE_REFUSES: (mark("The venue does not let you buy"), _refused),
    NewsKind.VENUE_LETS_IN: (mark("The venue lets you buy again"), _let_in),
}
