"""Screens about one's own account: exactly what people read, harmless whatever anything is called.

What is refused says what happened, what it means in money, and what to do next.
"""

import html
import re
from dataclasses import replace
from decimal import Decimal
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import refusals
from core.domain.account_views import AccountState
from core.domain.custody import NewsKind
from core.domain.errors import PolycoolError, Unavailable
from core.domain.ledger import Settlement
from core.domain.notice import WalletChanged, Warned
from core.domain.order import OrderStatus
from core.domain.order_amounts import OrderKind
from core.domain.refusals import PriceNotTrusted, Refused
from core.domain.risk import Switches
from core.domain.units import PositionId, Size, Usdc
from core.domain.wallet_money import Claimable
from telegram_bot.actions import Home
from telegram_bot.callbacks import Codec
from telegram_bot.screens.custody_news import custody_notice
from telegram_bot.screens.failure_words import HEADINGS, NOT_ORDERED, heading, meaning
from telegram_bot.screens.limit import limit_amount_screen, limit_price_screen, price_question
from telegram_bot.screens.limit_ticket import limit_ticket_screen
from telegram_bot.screens.live_receipt import is_final, live_receipt_screen, unclear_screen
from telegram_bot.screens.notices import failure_screen
from telegram_bot.screens.order_news import order_notice, warning_notice
from telegram_bot.screens.orders import order_screen, orders_screen, recent_orders_screen
from telegram_bot.screens.screen import AnyButton, Button, CopyButton, Screen
from telegram_bot.screens.standing import hindrances
from telegram_bot.screens.text import utf16_length
from telegram_bot.screens.wallet import wallet_screen
from telegram_bot.screens.wallet_setup import setup_screen
from telegram_bot.screens.withdrawals import requested_screen, withdrawals_screen
from tests.support import account_examples as live
from tests.support import examples as views

TAG = re.compile(r"<(/?)(b|i|code)>")
LIMIT = 4096  # UTF-16 units, after the markup is read
HOSTILE = (
    "</b><a href='tg://user?id=1'>free money</a>",
    "<b><i>&amp;&lt;script&gt;</code>",
    "\u202egnihtemos\u202c \u2066else\u2069\u200b",
    "A" * 10_000,
    "🏳️\u200d🌈\U0001d518" * 400,
    "\ud800 lone {amount}",
    "",
)
titles = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=300))
EXAMPLES = live.account_examples()


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_screen_reads_as_its_golden_file(name: str) -> None:
    golden = (live.GOLDEN / f"{name}.txt").read_text()
    assert views.as_text(EXAMPLES[name]) == golden


def test_every_golden_file_belongs_to_a_screen() -> None:
    assert {path.stem for path in live.GOLDEN.glob("*.txt")} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_button_fits_into_callback_data(name: str) -> None:
    codec = Codec("aB3_")
    for button in _buttons(EXAMPLES[name]):
        if isinstance(button, CopyButton):
            assert 0 < utf16_length(button.text) <= 256
        elif isinstance(button, Button):
            assert codec.decode(codec.encode(button.action, keeps_message=True)) is not None


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_screen_leads_somewhere_and_is_well_formed(name: str) -> None:
    assert any(isinstance(button, Button) for button in _buttons(EXAMPLES[name]))
    _assert_well_formed(EXAMPLES[name])


@given(titles)
def test_no_title_breaks_the_markup_or_the_limit_of_a_screen(title: str) -> None:
    for screen in _screens_about(title):
        _assert_well_formed(screen)
        for button in _buttons(screen):
            assert 0 < utf16_length(button.label.strip()) <= 64


def _refusals() -> list[type[PolycoolError]]:
    named = (getattr(refusals, name) for name in dir(refusals))
    return [each for each in named if isinstance(each, type) and issubclass(each, Refused)]


@pytest.mark.parametrize("kind", _refusals())
def test_every_refusal_says_what_happened_what_it_means_and_what_to_do(
    kind: type[PolycoolError],
) -> None:
    sentence = "Something is in the way & <here>."
    is_about_a_price = issubclass(kind, PriceNotTrusted)
    error = PriceNotTrusted(sentence, views.YES) if is_about_a_price else kind(sentence)
    screen = failure_screen(error)
    assert html.escape(sentence, quote=False) in screen.text
    assert NOT_ORDERED in screen.text
    ways = [button for button in _buttons(screen) if isinstance(button, Button)]
    assert any(button.action != Home() for button in ways)


def test_a_kind_of_failure_that_has_no_words_gets_those_of_the_nearest_one() -> None:
    class Elsewhere(Unavailable):
        pass

    assert heading(Elsewhere("x")) == HEADINGS[Unavailable]
    assert meaning(Elsewhere("x")).startswith("Nothing came of it")


def test_a_receipt_is_final_when_neither_the_book_nor_the_chain_can_change_it() -> None:
    filled = live.live_order(OrderStatus.FILLED, filled="55.55")
    awaited = replace(filled, matched_size=Size(Decimal(60)))
    assert is_final(live.traced(filled, Settlement.CONFIRMED))
    assert not is_final(live.traced(filled, Settlement.PROVISIONAL))
    assert not is_final(live.traced(awaited, Settlement.CONFIRMED))
    assert not is_final(live.traced(live.live_order(OrderStatus.UNKNOWN)))


def test_the_question_about_a_second_order_names_the_first_one() -> None:
    unknown = live.live_order(OrderStatus.UNKNOWN)
    text = unclear_screen(unknown, "a1B2c3D4e5F6").text
    assert "Order 12" in text
    assert "55.55" in text
    assert "45¢" in text


def _screens_about(title: str) -> list[Screen]:
    """Every screen that shows text from outside, with as much of it as fits on one."""
    market = replace(
        views.market(),
        question=title,
        title=title,
        outcomes=tuple(replace(each, name=title) for each in views.market().outcomes),
    )
    view = replace(
        views.market_view(),
        market=market,
        outcomes=tuple(
            replace(each, outcome=replace(each.outcome, name=title))
            for each in views.market_view().outcomes
        ),
    )
    quote = replace(live.limit_quote(), market=market, outcome=market.outcomes[0])
    order = replace(live.live_order(OrderStatus.CANCELLED), outcome=title, reason=title)
    bought = replace(live.live_order(OrderStatus.FILLED, filled="55.55"), outcome=title)
    traced = [replace(live.traced(each), market=market) for each in (order, bought)]
    claim = Claimable(market.id, title, title, Size(Decimal(3)), Usdc(Decimal(3)))
    money = replace(live.money_state(can_act=True), claimable=(claim,) * 30)
    found = tuple(replace(each, question=title, outcome=title) for each in live.standing().found)
    differs = replace(live.standing(), found=found * 9)
    wallet = replace(live.wallet_view(), ready=live.wallet(), money=money, standing=differs)
    held = AccountState(live.ONE.account, live.ONE.account, title)
    address = replace(live.address(), label=title, address=title, usable_at=views.NOW)
    withdrawal = replace(live.withdrawal(), address=title, reason=title)
    moved = replace(live.moved(OrderStatus.CANCELLED), question=title, outcome=title, reason=title)
    facts = dict.fromkeys(
        ("address", "label", "usable_at", "until", "problem", "amount", "withdrawal", "reason"),
        title,
    )
    return [
        limit_price_screen(view, live.WISH, views.NOW),
        limit_amount_screen(view, live.WISH, live.MEANS),
        price_question(title, title, live.WISH),
        limit_ticket_screen(quote, views.OFFER, live.WISH, views.NOW),
        orders_screen(traced * 8, 0, views.NOW),
        recent_orders_screen(traced * 8, 0, views.NOW),
        *(order_screen(each, views.NOW) for each in traced),
        *(live_receipt_screen(each, PositionId(1)) for each in traced),
        unclear_screen(order, "a1B2c3D4e5F6"),
        wallet_screen(wallet, views.NOW),
        wallet_screen(replace(wallet, trouble=title, state=held), views.NOW),
        setup_screen(live.wallet(), title),
        withdrawals_screen((address,) * 5, (withdrawal,) * 9, views.NOW, has_factor=True),
        requested_screen(withdrawal),
        order_notice(moved),
        warning_notice(Warned(title)),
        *(custody_notice(WalletChanged(kind.value, facts)) for kind in NewsKind),
        custody_notice(WalletChanged(title, facts)),
        Screen("\n".join(hindrances(held, Switches()))),
    ]


def _buttons(screen: Screen) -> list[AnyButton]:
    return [button for row in screen.rows for button in row]


def _assert_well_formed(screen: Screen) -> None:
    text, open_tags = screen.full_text, list[str]()
    for closes, name in TAG.findall(text):
        if closes:
            assert open_tags.pop() == name
        else:
            open_tags.append(name)
    assert not open_tags
    rest = TAG.sub("", text)
    assert "<" not in rest
    assert ">" not in rest
    assert utf16_length(html.unescape(rest)) <= LIMIT


def test_a_notice_gives_a_reason_only_for_what_did_not_happen() -> None:
    why = "Nobody knows yet what became of this."
    for status in OrderStatus:
        news = replace(live.moved(status), reason=why)
        is_told = status in {
            OrderStatus.CANCELLED,
            OrderStatus.EXPIRED,
            OrderStatus.REJECTED,
            OrderStatus.UNKNOWN,
        }
        assert (why in views.as_text(order_notice(news))) is is_told, status


def test_a_purchase_that_is_told_in_part_does_not_say_that_the_rest_stayed_in_cash() -> None:
    half = replace(live.moved(OrderStatus.MATCHED, filled="20"), left=Size(Decimal("35.55")))
    assert "has yet to tell the rest" in views.as_text(order_notice(half))
    order = replace(live.live_order(OrderStatus.MATCHED), filled_size=Size(Decimal(20)))
    receipt = views.as_text(live_receipt_screen(live.traced(order), None))
    assert "has yet to tell what becomes of the rest" in receipt
    assert "Filled in part" not in receipt


SIZES: Final = [Size(Decimal(number)) for number in (0, 20, 55)]
COMBINATIONS: Final = [
    replace(
        live.live_order(status),
        ticket=replace(live.live_order(status).ticket, kind=kind),
        matched_size=matched,
        filled_size=filled,
        filled_value=Usdc(filled * Decimal("0.45")),
        failed_size=failed,
    )
    for status in OrderStatus
    for kind in (OrderKind.FAK, OrderKind.GTC)
    for matched in SIZES
    for filled in SIZES
    for failed in SIZES
]


def test_nothing_was_done_is_only_said_of_an_order_that_is_over_and_has_not_traded() -> None:
    for order in COMBINATIONS:
        receipt = views.as_text(live_receipt_screen(live.traced(order), None))
        is_over = order.is_done and not order.awaited_size
        if not is_over or order.filled_size or order.status is OrderStatus.FILLED:
            assert "Nothing was" not in receipt, order
        if not is_over:
            assert "as before" not in receipt, order
            assert "stayed in cash" not in receipt, order
        if order.awaited_size:
            assert "still to come" in receipt, order


def test_a_notice_of_an_order_never_takes_back_what_is_still_to_come() -> None:
    for order in COMBINATIONS:
        news = replace(
            live.moved(order.status, filled=f"{order.filled_size}"),
            reversed=order.failed_size,
            awaited=order.awaited_size,
            left=order.working_size,
        )
        notice = views.as_text(order_notice(news))
        if order.awaited_size:
            assert "still to come" in notice, order
            assert "as before" not in notice, order
            assert "free again" not in notice, order
        if order.awaited_size or order.filled_size or not order.is_done:
            assert "Nothing was" not in notice, order
