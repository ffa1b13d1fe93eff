"""What people read when their account and our ledger differ, in plain words."""

import html
import re
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.domain.drift import CashMove, CashMoveKind, DriftKind
from core.domain.notice import AccountCompared, Found
from core.domain.units import Usdc
from telegram_bot.notices import screen_of
from telegram_bot.screens.reconciliation import SHOWN, reconciliation_screen
from telegram_bot.screens.text import utf16_length
from tests.support.examples import as_text

TAGS = re.compile(r"</?(?:b|i|code)>")
QUESTION = "Will Bitcoin close above $100k on 31 December?"
STOPPED = """<b>Your account differs from the exchange</b>

Will Bitcoin close above $100k on 31 December?
7 No shares came into your account without a trade.

An order over 10 shares is not in the exchange's book any more.

Automatic orders wait until this is clear. Your own orders work as before.

<i>live money</i>
---
[Positions][Home]
"""
MOVED = """<b>Your cash has changed</b>

<b>$50.25</b> came into your account.
<b>$20.00</b> left your account, and not through this bot.

<i>live money</i>
---
[Positions][Home]
"""
CLEAR = """<b>Your account is clear again</b>

Ledger and exchange agree; automatic orders may go on.

<i>live money</i>
---
[Positions][Home]
"""
UNEXPLAINED = """<b>Your account differs from the exchange</b>

Your cash is <b>$0.75</b> less than your trades explain.

Automatic orders wait until this is clear. Your own orders work as before.

<i>live money</i>
---
[Positions][Home]
"""
FAULT = """<b>Your account cannot be checked</b>

The exchange does not answer.

Nothing was changed; we keep trying.
Automatic orders wait until this is clear. Your own orders work as before.

<i>live money</i>
---
[Positions][Home]
"""


def news(
    *found: Found,
    moves: tuple[CashMove, ...] = (),
    is_stopped: bool = False,
    has_cleared: bool = False,
    fault: str = "",
) -> AccountCompared:
    return AccountCompared(found, moves, is_stopped, has_cleared, fault)


def found(kind: DriftKind, ours: str, theirs: str, question: str = "", outcome: str = "") -> Found:
    return Found(kind, Decimal(ours), Decimal(theirs), question, outcome)


def move(kind: CashMoveKind, amount: str) -> CashMove:
    return CashMove(kind, Usdc(Decimal(amount)))


def test_differences_are_told_with_what_they_stop() -> None:
    told = news(
        found(DriftKind.TRANSFER_IN, "0", "7", QUESTION, "No"),
        found(DriftKind.MISSING_ORDER, "10", "0"),
        is_stopped=True,
    )
    assert as_text(screen_of(told)) == STOPPED


def test_money_that_came_and_went_is_told_with_its_reason() -> None:
    moves = (move(CashMoveKind.DEPOSIT, "50.25"), move(CashMoveKind.WITHDRAWAL, "-20"))
    assert as_text(screen_of(news(moves=moves))) == MOVED


def test_the_end_of_a_difference_is_told() -> None:
    assert as_text(screen_of(news(has_cleared=True))) == CLEAR


def test_money_that_nothing_explains_is_a_difference() -> None:
    told = news(moves=(move(CashMoveKind.UNEXPLAINED, "-0.75"),), is_stopped=True)
    assert as_text(screen_of(told)) == UNEXPLAINED


def test_an_account_that_cannot_be_checked_says_that_nothing_was_changed() -> None:
    told = news(is_stopped=True, fault="The exchange does not answer.")
    assert as_text(screen_of(told)) == FAULT


def test_more_differences_than_fit_are_counted() -> None:
    many = [found(DriftKind.SHARES, "1", "2") for _ in range(SHOWN + 3)]
    assert "and 3 more" in reconciliation_screen(news(*many)).text


@given(
    st.lists(
        st.builds(
            Found,
            st.sampled_from(DriftKind),
            st.decimals("0", "100000", places=6),
            st.decimals("0", "100000", places=6),
            st.text(max_size=300),
            st.text(max_size=80),
        ),
        max_size=9,
    ),
    st.text(max_size=300),
)
def test_nothing_from_outside_can_break_the_message(many: list[Found], fault: str) -> None:
    text = reconciliation_screen(news(*many, is_stopped=True, fault=fault)).full_text
    bare = TAGS.sub("", text)
    assert "<" not in bare
    assert utf16_length(html.unescape(bare)) <= 4096
