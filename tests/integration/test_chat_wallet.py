"""The wallet in the chat: setting up real money, changing over, taking money out."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.account import Account
from core.domain.custody import Tier, WalletState
from core.domain.drift import CashMove, CashMoveKind
from core.domain.errors import Unavailable
from core.domain.ledger import Settlement
from core.domain.one_time_code import STEP, one_time_code
from core.domain.units import Usdc
from core.domain.withdrawal import WithdrawalState
from core.storage import reconciliation as compared
from core.storage import risk_switches
from core.storage.models import Sessions
from core.storage.tenancy import as_user
from tests.support import examples
from tests.support.chat import Message, Person, buttons, open_chat
from tests.support.live_chat import FUNDER, LiveChat, cash, open_live_chat, resting
from tests.support.scripted_exchange import settled
from tests.support.withdrawals import COLD, SECRET, enrol


@pytest.fixture
async def live(sessions: Sessions, tmp_path: Path) -> AsyncIterator[LiveChat]:
    async with open_live_chat(sessions, tmp_path) as chat:
        yield chat


def _code(live: LiveChat) -> str:
    """The next one: each is taken once."""
    live.home.clock.advance(seconds=STEP)
    return one_time_code(SECRET, int(live.home.clock.unix()) // STEP)


async def _deleted(ann: Person, text: str) -> bool:
    return not any(message["text"] == text for message in await ann.chat())


def _copied(message: Message) -> list[str]:
    rows = message["reply_markup"]["inline_keyboard"]
    return [each["copy_text"]["text"] for row in rows for each in row if each.get("copy_text")]


async def test_a_session_key_is_set_up_step_by_step_to_the_first_real_act(
    live: LiveChat,
) -> None:
    user = await live.user()
    card = await live.ann.says("/wallet")
    assert "In use: paper money" in card["text"]
    tiers = await live.ann.opens(card, "Set up real money")
    assert "recommended" in tiers["text"]
    steps = await live.ann.opens(tiers, "Session key")
    waiting = await live.home.wallets.waiting(user)
    assert waiting is not None
    assert _copied(steps) == [waiting.key_address]
    missing = await live.ann.opens(steps, "Check")
    assert "does not list" in missing["text"]
    live.home.authorise(waiting)
    ready = await live.ann.opens(missing, "Check")
    assert "The key is ready." in ready["text"]
    risk = await live.ann.opens(ready, "Read the risks")
    for word in ("Risk.", "Custody.", "Fees.", "Now type how many dollars"):
        assert word in risk["text"]
    refused = await live.ann.says("lots")
    assert "not a number" in refused["text"]
    read = await live.ann.says("50")
    assert "typed $50.00 a day" in read["text"]
    card = await live.ann.opens(read, "Trade real money")
    assert "In use: real money" in card["text"]
    assert await live.accounts.usable_account(user) is Account.LIVE


async def test_a_key_with_a_wider_scope_is_refused_with_what_to_do(live: LiveChat) -> None:
    user = await live.user()
    wallet = await live.home.wallets.begin(user)
    live.home.authorise(wallet, "CLOB", "RELAYER")
    steps = await live.ann.opens(await live.ann.says("/wallet"), "Continue set-up")
    refused = await live.ann.opens(steps, "Check")
    assert "It must be CLOB alone" in refused["text"]
    assert await live.home.wallets.ready(user) is None


async def test_the_venues_own_words_stop_the_change_to_real_money(live: LiveChat) -> None:
    user = await live.user()
    await live.home.ready(user)
    await live.accounts.read_risk(user, cash(50))
    live.doors.sentence = "Trading is not available in your <region>."
    card = await live.ann.says("/wallet")
    refused = await live.ann.opens(card, "Trade real money")
    assert "Trading is not available in your <region>." in refused["text"]
    assert "You stay on paper money" in refused["text"]
    assert await live.accounts.usable_account(user) is Account.PAPER


async def test_changing_back_to_paper_and_giving_the_key_up(live: LiveChat) -> None:
    user = await live.goes_live()
    card = await live.ann.says("/wallet")
    assert card["text"].startswith("SANDBOX · LIVE mode")
    card = await live.ann.opens(card, "Back to paper")
    assert card["text"].startswith("SANDBOX · paper money")
    asked = await live.ann.opens(card, "Revoke")
    assert "Give up this key for good?" in asked["text"]
    assert await live.home.wallets.ready(user) is not None
    gone = await live.ann.opens(asked, "Give it up")
    assert "revoke the session key" in gone["text"]
    assert await live.home.wallets.ready(user) is None


async def test_giving_a_key_up_takes_its_open_orders_off_the_book_first(live: LiveChat) -> None:
    user = await live.goes_live()
    await live.clob.place_order(resting(user, "0.41"))
    asked = await live.ann.opens(await live.ann.says("/wallet"), "Revoke")
    assert "Your open orders are cancelled first" in asked["text"]
    gone = await live.ann.opens(asked, "Give it up")
    assert "could not be cancelled" not in gone["text"]
    assert len(live.venue.cancelled) == 1
    assert await live.clob.open_orders(user) == ()


async def test_an_order_that_stays_when_its_key_is_given_up_is_told(live: LiveChat) -> None:
    user = await live.goes_live()
    await live.clob.place_order(resting(user, "0.41"))
    live.venue.is_silent = True
    live.venue.cancels = [Unavailable("The venue does not answer.")]
    asked = await live.ann.opens(await live.ann.says("/wallet"), "Revoke")
    gone = await live.ann.opens(asked, "Give it up")
    assert "1 order could not be cancelled and may still trade" in gone["text"]
    assert await live.home.wallets.ready(user) is None


async def _new_key(live: LiveChat) -> Message:
    """Everything is done but Check."""
    tiers = await live.ann.opens(await live.ann.says("/wallet"), "New key")
    steps = await live.ann.opens(tiers, "Session key")
    waiting = await live.home.wallets.waiting(await live.user())
    assert waiting is not None
    live.home.authorise(waiting)
    return steps


async def test_a_new_key_takes_resting_orders_off_the_book_first(live: LiveChat) -> None:
    user = await live.goes_live()
    await live.clob.place_order(resting(user, "0.41"))
    steps = await _new_key(live)
    assert "its open orders are cancelled first" in steps["text"]
    live.venue.is_silent = True
    live.venue.cancels = [Unavailable("The venue does not answer.")]
    before = await live.home.wallets.ready(user)
    kept = await live.ann.opens(steps, "Check")
    assert "The key in use stays for now" in kept["text"]
    assert await live.home.wallets.ready(user) == before
    live.venue.is_silent = False
    ready = await live.ann.opens(kept, "Check")
    assert "you trade real money with it" in ready["text"]
    assert len(live.venue.cancelled) == 2
    assert await live.clob.open_orders(user) == ()


async def test_a_new_key_waits_until_the_fills_of_the_old_one_are_final(live: LiveChat) -> None:
    user = await live.goes_live()
    live.venue.fills = [("20", "0.41")]
    await live.clob.place_order(resting(user, "0.41"))
    kept = await live.ann.opens(await _new_key(live), "Check")
    assert "The key in use stays for now" in kept["text"]
    (trade,) = await live.venue.trades(user, None)
    await live.clob.news.trade(user, settled(trade, Settlement.CONFIRMED))
    assert "you trade real money" in (await live.ann.opens(kept, "Check"))["text"]


async def test_breaking_a_set_up_off_keeps_the_key_in_use(live: LiveChat) -> None:
    user = await live.goes_live()
    tiers = await live.ann.opens(await live.ann.says("/wallet"), "New key")
    steps = await live.ann.opens(tiers, "Session key")
    gone = await live.ann.opens(steps, "Give up")
    assert "The key in use stays as it is" in gone["text"]
    assert await live.home.wallets.waiting(user) is None
    assert await live.home.wallets.ready(user) is not None
    assert await live.accounts.usable_account(user) is Account.LIVE


async def test_a_new_key_in_place_of_one_in_use_says_that_it_trades_real_money(
    live: LiveChat,
) -> None:
    user = await live.goes_live()
    tiers = await live.ann.opens(await live.ann.says("/wallet"), "New key")
    steps = await live.ann.opens(tiers, "Session key")
    waiting = await live.home.wallets.waiting(user)
    assert waiting is not None
    live.home.authorise(waiting)
    ready = await live.ann.opens(steps, "Check")
    assert "you trade real money with it" in ready["text"]
    assert await live.accounts.usable_account(user) is Account.LIVE


async def test_checking_an_owner_key_makes_its_wallet(live: LiveChat) -> None:
    user = await live.user()
    tiers = await live.ann.opens(await live.ann.says("/wallet"), "Set up real money")
    steps = await live.ann.opens(tiers, "Owner key, I know the risk")
    await live.ann.opens(steps, "Check")
    assert live.money.created == [user]


async def test_balances_approvals_and_results_are_shown_and_acted_upon(live: LiveChat) -> None:
    user = await live.goes_live()
    card = await live.ann.says("/wallet")
    assert "Cash at the venue $100.00" in card["text"]
    assert FUNDER in _copied(card)
    given = await live.ann.opens(card, "Give approvals")
    assert "The approvals are sent." in given["text"]
    assert live.money.approved == [user]
    card = await live.ann.opens(given, "Wallet")
    assert "Approvals: complete" in card["text"]
    claim = next(label for label in buttons(card) if label.startswith("Redeem $16.00"))
    assert "The claim is sent." in (await live.ann.opens(card, claim))["text"]
    assert live.money.redeemed == [examples.market().id]


async def test_the_deposit_address_comes_as_a_picture_below_the_card(live: LiveChat) -> None:
    user = await live.goes_live()
    ready = await live.home.wallets.ready(user)
    assert ready is not None
    card = await live.ann.says("/wallet")
    await live.ann.taps(card, "QR")
    picture = await live.ann.sees(lambda message: message["id"] > card["id"])
    assert picture["photo"]
    assert ready.funder in picture["text"]
    assert "Copy deposit address" in buttons(picture)
    again = await live.ann.opens(picture, "Wallet")
    assert again["id"] > picture["id"]
    assert await live.ann.violations() == []


async def test_a_session_key_cannot_withdraw_and_says_so(live: LiveChat) -> None:
    await live.goes_live()
    card = await live.ann.opens(await live.ann.says("/wallet"), "Withdraw")
    assert "A session key cannot take money out" in card["text"]


async def _owner_key(live: LiveChat) -> None:
    """Ann trades with an owner key, and has an authenticator."""
    user = await live.user()
    waiting = await live.home.wallets.begin(user, Tier.DEPOSIT)
    await live.home.wallets.name_funder(user, FUNDER)
    assert waiting.state is WalletState.WAITING
    await live.home.wallets.verify(user)
    await enrol(live.home, user)


async def test_money_leaves_to_an_old_address_with_a_code_that_is_deleted_and_can_be_stopped(
    live: LiveChat,
) -> None:
    await _owner_key(live)
    user = await live.user()
    card = await live.ann.opens(await live.ann.says("/wallet"), "Withdraw")
    await live.ann.opens(card, "Add an address")
    await live.ann.says(f"{COLD} cold store")
    code = _code(live)
    added = await live.ann.says(code)
    assert "cold store is on your list" in added["text"]
    assert await _deleted(live.ann, code)
    live.chat.wall.offset = live.home.clock.now + timedelta(hours=25) - live.chat.wall()
    live.home.clock.advance(hours=24)
    card = await live.ann.opens(await live.ann.says("/wallet"), "Withdraw")
    await live.ann.opens(card, "To cold store")
    await live.ann.says("25")
    wrong = await live.ann.says("000000")
    assert "wrong" in wrong["text"]
    requested = await live.ann.says(_code(live))
    assert "$25.00 leaves at" in requested["text"]
    stopped = await live.ann.opens(requested, "Cancel $25.00")
    assert "stays in your wallet" in stopped["text"]
    assert live.chat.services.withdrawals is not None
    recent = await live.chat.services.withdrawals.recent(user)
    assert [each.state for each in recent] == [WithdrawalState.CANCELLED]


async def test_without_real_money_the_wallet_says_why_and_makes_no_key(
    sessions: Sessions,
) -> None:
    async with open_chat(sessions, (examples.market(),)) as chat, chat.running():
        card = await chat.person().says("/wallet")
        assert "DRY_RUN_MODE is on" in card["text"]
        assert "Set up real money" not in buttons(card)
        assert "DRY_RUN_MODE is on" in (await chat.person().says("/home"))["text"]


async def test_who_may_buy_nothing_reads_the_venues_words_and_still_sells(live: LiveChat) -> None:
    user = await live.goes_live()
    live.venue.fills = [("16", "0.62")]
    ticket = await live.ann.opens(await live.ann.opens(await live.card(), "Yes"), "$10")
    await live.ann.taps(ticket, "Confirm")
    await live.ann.reads("Bought 16 Yes")
    async with as_user(live.chat.sessions, user) as session:
        sentence = "Not from your <region>."
        await risk_switches.set_refusal(session, user, sentence, live.home.clock())
    ticket = await live.ann.opens(await live.ann.opens(await live.card(), "Yes"), "$10")
    await live.ann.taps(ticket, "Confirm")
    refused = await live.ann.reads("The venue does not let you buy")
    assert "Not from your <region>." in refused["text"]
    assert "Selling and cancelling work." in refused["text"]
    held = await live.ann.opens(refused, "Positions")
    one = await live.ann.opens(held, next(each for each in buttons(held) if "Yes" in each))
    ticket = await live.ann.opens(one, "Sell 50%")
    live.venue.fills = [("8", "0.61")]
    await live.ann.taps(ticket, "Confirm")
    await live.ann.reads("Sold 8 Yes")
    assert len(live.venue.bodies) == 2


async def test_what_waits_to_be_claimed_is_part_of_the_total(live: LiveChat) -> None:
    user = await live.goes_live(dollars=100)
    waits = CashMove(CashMoveKind.REDEEM, Usdc(-cash(16)))
    async with as_user(live.chat.sessions, user) as session:
        await compared.add_move(session, user, waits, "waits:1")
    for command in ("/home", "/positions"):
        card = await live.ann.says(command)
        assert "$116.00 in total" in card["text"]
        assert "To claim $16.00" in card["text"]
