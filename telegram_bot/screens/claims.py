"""Results that wait to become cash: what they are worth, and who can claim them."""

from dataclasses import dataclass
from typing import Final

from core.domain.units import ZERO, MarketId, Usdc
from core.domain.wallet_money import Claimable, WalletMoneyState
from telegram_bot.account_actions import Redeem
from telegram_bot.actions import ShowPositions
from telegram_bot.screens.numbers import money, shares
from telegram_bot.screens.screen import Button, Row, Screen, home_button, lines, rows
from telegram_bot.screens.text import SHORT_TITLE, plain, safe
from telegram_bot.words import mark, say

SHOWN: Final = 5  # results; the others are counted
HERE: Final = mark("It is no cash until then. Redeem turns it into cash, for no fee.")
ELSEWHERE: Final = mark(
    "It is no cash until then. This key cannot claim it: you do it at Polymarket, "
    "with your own wallet."
)


@dataclass(frozen=True, slots=True)
class _Claim:
    market_id: MarketId
    question: str
    value: Usdc


def claim_words(state: WalletMoneyState) -> str:
    """Empty if nothing waits. Shares that lost pay nothing, so there is nothing to do."""
    if state.claimable is None:
        return say("Whether results wait to be claimed is not known right now.")
    worth = _worth_claiming(state)
    if not worth:
        return ""
    more = len(worth) - SHOWN
    return lines(
        say("<b>Results to claim</b>"),
        *(_line(each) for each in worth[:SHOWN]),
        say("and {count} more", count=more) if more > 0 else None,
        say(HERE if state.can_act else ELSEWHERE),
    )


def claim_rows(state: WalletMoneyState | None) -> tuple[Row, ...]:
    """One button redeems all shares of its market."""
    if state is None or not state.can_act:
        return ()
    found: dict[MarketId, _Claim] = {}
    for each in _worth_claiming(state):
        known = found.get(each.market_id)
        value = each.value if known is None else known.value + each.value
        found[each.market_id] = _Claim(each.market_id, each.question, Usdc(value))
    return tuple((_button(claim),) for claim in list(found.values())[:SHOWN])


def claims_screen(state: WalletMoneyState) -> Screen:
    """Results and a button for each, with a way back."""
    words = claim_words(state) or say("Nothing waits to be claimed.")
    foot = (Button(say("Positions"), ShowPositions()), home_button())
    return Screen(words, rows(*claim_rows(state), foot))


def _worth_claiming(state: WalletMoneyState) -> list[Claimable]:
    return [each for each in state.claimable or () if each.value > ZERO]


def _line(claim: Claimable) -> str:
    return say(
        "{question}: {shares} {outcome} pay {value}",
        question=safe(claim.question, SHORT_TITLE),
        shares=shares(claim.shares),
        outcome=safe(claim.outcome, 20),
        value=money(claim.value),
    )


def _button(claim: _Claim) -> Button:
    label = say(
        "Redeem {value} · {question}", value=money(claim.value), question=plain(claim.question, 30)
    )
    return Button(label, Redeem(claim.market_id))
