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
from telegram_bot.screens.text import safe
from telegram_bot.screens.times import date_clock

UNREAD: Final = "Something about your wallet has changed."


def custody_notice(news: WalletChanged) -> Screen:
    """A record that stays in the chat; a kind that we do not know says the least."""
    heading, story = _told(news)
    return Screen(
        blocks(f"<b>{heading}</b>", *story, "<i>live money</i>"),
        (_buttons(news),),
        keeps_message=True,
    )


def _told(news: WalletChanged) -> tuple[str, tuple[str, ...]]:
    known = next((kind for kind in NewsKind if kind.value == news.what), None)
    if known is None:
        return UNREAD, ("Look at Wallet.",)
    heading, story = STORIES[known]
    return heading.format(amount=_amount(news.facts)), story(news.facts)


def _ending(facts: Mapping[str, str]) -> tuple[str, ...]:
    return (
        (
            f"It trades until {_moment(facts, 'until')}. Set up a new one under Wallet before "
            "that; the one before is given up when the new one is ready."
        ),
        "Your positions and open orders stay where they are.",
    )


def _ended(facts: Mapping[str, str]) -> tuple[str, ...]:
    return (
        (
            f"Since {_moment(facts, 'until')} nothing is signed with it: no new order with real "
            "money, also no protective sell. Cancelling works."
        ),
        "Set up a new one under Wallet. Your positions and open orders stay where they are.",
    )


def _unlisted(facts: Mapping[str, str]) -> tuple[str, ...]:
    return (
        safe(facts.get("problem", ""), 400),
        "Until then the venue may refuse your orders. No money has moved because of it.",
    )


def _allowed(facts: Mapping[str, str]) -> tuple[str, ...]:
    return (
        f"{safe(facts.get('label', ''), 40)} <code>{_address(facts)}</code>",
        (
            f"It can be paid from {_moment(facts, 'usable_at')} on. <b>If it was not you</b>, "
            "remove it under Withdrawals, then revoke the key under Wallet."
        ),
    )


def _requested(facts: Mapping[str, str]) -> tuple[str, ...]:
    return (
        f"To <code>{_address(facts)}</code>, at {_moment(facts, 'due_at')}.",
        (
            "Until then it can be cancelled. <b>If it was not you</b>, cancel it, then revoke the "
            "key under Wallet."
        ),
    )


def _sent(facts: Mapping[str, str]) -> tuple[str, ...]:
    transaction = facts.get("transaction", "")
    told = f"Transaction <code>{safe(transaction, 80)}</code>" if transaction else ""
    return (f"To <code>{_address(facts)}</code>.", told)


def _failed(facts: Mapping[str, str]) -> tuple[str, ...]:
    return (
        f"To <code>{_address(facts)}</code>.",
        safe(facts["reason"], 300) if facts.get("reason") else "",
        "Nothing left: the money is in your wallet as before.",
    )


def _unclear(facts: Mapping[str, str]) -> tuple[str, ...]:
    return (
        f"To <code>{_address(facts)}</code>. The answer was lost.",
        (
            "It is looked for, and never sent again by itself. Do not repeat it: look at the "
            "address first."
        ),
    )


def _refused(facts: Mapping[str, str]) -> tuple[str, ...]:
    return (
        safe(facts.get("problem", ""), 400),
        (
            "Nothing is bought with real money until the venue allows it. Selling and cancelling "
            "go on, and your positions and open orders stay where they are."
        ),
        "The venue is asked again by itself, and you are told when it lets you buy again.",
    )


def _let_in(facts: Mapping[str, str]) -> tuple[str, ...]:  # noqa: ARG001 - as all the others
    return ("Buying with real money works again. Nothing was bought meanwhile.",)


def _buttons(news: WalletChanged) -> Row:
    number = news.facts.get("withdrawal", "")
    if news.what == NewsKind.WITHDRAWAL_REQUESTED and number.isdecimal():
        withdrawal = WithdrawalId(int(number))
        return (
            Button("Cancel withdrawal", CancelWithdrawal(withdrawal), Style.DANGER),
            Button("Wallet", ShowWallet()),
            home_button(),
        )
    if "withdrawal" in news.facts or news.what == NewsKind.ADDRESS_ALLOWED:
        return (
            Button("Withdrawals", ShowWithdrawals()),
            Button("Wallet", ShowWallet()),
            home_button(),
        )
    return (Button("Wallet", ShowWallet()), home_button())


def _address(facts: Mapping[str, str]) -> str:
    return safe(facts.get("address", ""), 60)


def _amount(facts: Mapping[str, str]) -> str:
    try:
        return money(Decimal(facts.get("amount", "")))
    except InvalidOperation:
        return "An amount"


def _moment(facts: Mapping[str, str], name: str) -> str:
    try:
        at = datetime.fromisoformat(facts.get(name, ""))
    except ValueError:
        return "a time that is not known"
    return date_clock(at)


STORIES: Final[Mapping[NewsKind, tuple[str, Callable[[Mapping[str, str]], tuple[str, ...]]]]] = {
    NewsKind.SESSION_ENDING: ("Your session key ends soon", _ending),
    NewsKind.SESSION_ENDED: ("Your session key has ended", _ended),
    NewsKind.SESSION_UNLISTED: ("The venue does not list your session key as it should", _unlisted),
    NewsKind.ADDRESS_ALLOWED: ("A new address may be paid", _allowed),
    NewsKind.WITHDRAWAL_REQUESTED: ("{amount} is to be withdrawn", _requested),
    NewsKind.WITHDRAWAL_SENT: ("{amount} was withdrawn", _sent),
    NewsKind.WITHDRAWAL_FAILED: ("{amount} was not withdrawn", _failed),
    NewsKind.WITHDRAWAL_UNKNOWN: ("It is not clear whether {amount} left", _unclear),
    NewsKind.VENUE_REFUSES: ("The venue does not let you buy", _refused),
    NewsKind.VENUE_LETS_IN: ("The venue lets you buy again", _let_in),
}
