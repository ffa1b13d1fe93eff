"""The adapter against the sandbox's exchange, which checks signatures, money and rules for real."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from core.domain.book import Side
from core.domain.errors import (
    EmptyBook,
    InsufficientBalance,
    NotWhole,
    OrderTooSmall,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from core.domain.ledger import Settlement
from core.domain.market import Market, Outcome
from core.domain.order import Order, OrderStatus
from core.domain.order_amounts import OrderKind
from core.domain.units import ConditionId, MarketId, Price, Size, TokenId, Usdc, UserId
from infrastructure.polymarket.http import VenueHttp
from infrastructure.polymarket.signing.headers import l1_headers, l2_headers
from infrastructure.polymarket.signing.order import OrderIntent, UnsignedOrder
from infrastructure.polymarket.signing.signer import SignedOrder, sign_order
from infrastructure.polymarket.signing.wallet import SignatureType, Wallet
from infrastructure.polymarket.trading.account_http import AccountHttp
from infrastructure.polymarket.trading.api_keys import ApiKeys
from infrastructure.polymarket.trading.buckets import Buckets
from infrastructure.polymarket.trading.cancels import Cancels
from infrastructure.polymarket.trading.clock import VenueClock
from infrastructure.polymarket.trading.exchange import PolymarketExchange
from infrastructure.polymarket.trading.heartbeat import Heartbeat
from infrastructure.polymarket.trading.permission import TradingPermission
from infrastructure.polymarket.trading.reports import PolymarketReports
from infrastructure.polymarket.trading.transport import Transport, open_trading_client
from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from infrastructure.tls import trusted
from tests.support.account_venue import USER, no_pause
from tests.support.account_venue import order as ordered
from tests.support.sandbox_accounts import Person, person, tokens_of
from tests.support.sandbox_exchange import LIMIT, order, serving, still_exchange

MINUTE = timedelta(minutes=1)  # the sandbox's clock stands still


@dataclass
class PersonsKeys:
    """The `AccountKeys` of somebody in the sandbox."""

    person: Person
    clock: VenueClock

    async def wallet(self, _user: UserId) -> Wallet:
        return self.person.wallet

    async def api_key(self, _user: UserId) -> str:
        return self.person.api_key

    async def sign_order(
        self, _user: UserId, intent: OrderIntent, order: UnsignedOrder
    ) -> SignedOrder:
        return sign_order(intent, order, self.person.key)

    async def l1_headers(self, _user: UserId, nonce: int = 0) -> Mapping[str, str]:
        return l1_headers(self.person.key, int(self.clock.unix()), nonce)

    async def l2_headers(
        self, _user: UserId, method: str, path: str, body: bytes = b""
    ) -> Mapping[str, str]:
        assert self.person.credentials is not None
        return l2_headers(self.person.credentials, int(self.clock.unix()), method, path, body)

    async def user_channel_auth(self, user: UserId) -> bytes:
        raise AssertionError(user)


@dataclass
class House:
    """Everything of ours that talks to the sandbox for one person, and the sandbox's levers."""

    venue: httpx.AsyncClient
    http: AccountHttp
    market: Market
    exchange: PolymarketExchange
    reports: PolymarketReports
    permission: TradingPermission
    person: Person

    async def place(self, one: Order) -> tuple[Any, Any]:
        signed = await self.exchange.prepare(one, self.market)
        return signed, await self.exchange.place(one, self.market, signed)

    def order(self, kind: OrderKind = OrderKind.FAK, **changes: Any) -> Order:
        return ordered(kind, token_id=self.market.tokens[0], **changes)

    def resting(self, price: str = "0.40", size: str = "10") -> Order:
        return self.order(
            OrderKind.GTC,
            worst_price=at(price),
            spend=None,
            size=Size(Decimal(size)),
        )


@pytest.fixture
def kind() -> SignatureType:
    return SignatureType.DEPOSIT_WALLET


@pytest.fixture
async def house(kind: SignatureType) -> AsyncIterator[House]:
    """Bids at 0.49 and below, asks at 0.51 and above, 100 shares each."""
    sandbox = still_exchange()
    async with (
        serving(sandbox) as host,
        httpx.AsyncClient(verify=trusted(), base_url=f"http://{host}", timeout=LIMIT) as venue,
        open_trading_client(1.0) as client,
    ):
        token, _ = tokens_of(sandbox)
        await order(venue, "price", token=token, price="0.5", levels=3, size="100")
        anna = await person(sandbox, venue, kind=kind)
        clock = VenueClock()
        http = AccountHttp(
            Transport(client, f"http://{host}", clock),
            keys=PersonsKeys(anna, clock),
            clock=clock,
            buckets=Buckets(),
            sleep=no_pause,
        )
        await http.compare_clocks()
        yield House(
            venue,
            http,
            market_of(sandbox, token),
            PolymarketExchange(http),
            PolymarketReports(http, VenueHttp(client, f"http://{host}")),
            TradingPermission(http, VenueHttp(client, f"http://{host}/api/geoblock")),
            anna,
        )


def at(price: str) -> Price:
    return Price(Decimal(price))


def market_of(sandbox: ExchangeSandbox, token: str) -> Market:
    listed, _ = sandbox.catalogue.by_token[token]
    return Market(
        id=MarketId(listed.id),
        condition_id=ConditionId(listed.condition_id),
        slug=listed.slug,
        question=listed.question,
        title=listed.title,
        outcomes=tuple(
            Outcome(name, TokenId(each))
            for name, each in zip(listed.outcomes, listed.tokens, strict=True)
        ),
        tick=Decimal(listed.tick) / 1_000_000,
        minimum_size=Size(Decimal(5)),
        neg_risk=listed.neg_risk,
    )


@pytest.mark.parametrize("kind", list(SignatureType))
async def test_a_buy_is_matched_and_told_for_every_kind_of_wallet(house: House) -> None:
    await order(house.venue, "trades", settle="hold")
    one = house.order(worst_price=at("0.55"), spend=Usdc(Decimal("20.4")))
    signed, done = await house.place(one)
    assert done.status is OrderStatus.MATCHED
    assert (done.matched_size, done.matched_value) == (Decimal(40), Decimal("20.4"))
    trades = await house.reports.trades_named(USER, done.trade_ids)
    assert {trade.hash for trade in trades} == {signed.hash}
    assert sum(trade.size for trade in trades) == 40
    assert {trade.settlement for trade in trades} == {Settlement.PROVISIONAL}
    assert await house.reports.trades(USER, signed.signed_at - MINUTE) == trades
    report = await house.exchange.look_up(one, signed)
    assert report is not None
    assert (report.status, report.matched) == (OrderStatus.FILLED, Decimal(40))


async def test_a_resting_order_is_reported_looked_up_and_cancelled(house: House) -> None:
    one = house.resting()
    signed, done = await house.place(one)
    assert done.status is OrderStatus.LIVE
    (listed,) = await house.reports.open_orders(USER)
    assert listed == await house.exchange.look_up(one, signed)
    assert listed.hash == signed.hash
    assert (listed.original, listed.matched) == (Decimal(10), Decimal(0))
    assert (await house.exchange.cancel(one, signed)).status is OrderStatus.CANCELLED
    assert await house.reports.open_orders(USER) == ()
    assert (await house.exchange.cancel(one, signed)).status is OrderStatus.CANCELLED
    report = await house.exchange.look_up(one, signed)
    assert report is not None
    assert report.status is OrderStatus.CANCELLED


async def test_the_same_bytes_again_are_the_same_order(house: House) -> None:
    one = house.resting()
    signed, _ = await house.place(one)
    again = await house.exchange.place(one, house.market, signed)
    assert again.status is OrderStatus.DELAYED
    assert len(await house.reports.open_orders(USER)) == 1


@pytest.mark.parametrize("fault", ["hang", "reset", "500", "502-html", "truncated", "wrong-id"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_whatever_breaks_sending_again_ends_in_one_order(
    house: House, fault: str, when: str
) -> None:
    one = house.resting()
    signed = await house.exchange.prepare(one, house.market)
    await order(house.venue, "order-faults", kind=fault, when=when, seconds=3.0)
    with pytest.raises(OutcomeUnknown):
        await house.exchange.place(one, house.market, signed)
    known = await house.exchange.look_up(one, signed)
    assert (known is not None) == (when == "after")
    done = await house.exchange.place(one, house.market, signed)
    assert done.status is (OrderStatus.DELAYED if when == "after" else OrderStatus.LIVE)
    assert [each.hash for each in await house.reports.open_orders(USER)] == [signed.hash]


@pytest.mark.parametrize(
    "fault", ["425", "429", "503-cancel-only", "503-post-only", "503-disabled"]
)
async def test_a_venue_that_takes_no_orders_now_has_taken_none(house: House, fault: str) -> None:
    one = house.resting()
    signed = await house.exchange.prepare(one, house.market)
    await order(house.venue, "order-faults", kind=fault)
    with pytest.raises(Unavailable):
        await house.exchange.place(one, house.market, signed)
    assert await house.exchange.look_up(one, signed) is None


async def test_what_the_rules_refuse_is_refused_in_our_words(house: House) -> None:
    whole = house.order(OrderKind.FOK, worst_price=at("0.51"), spend=Usdc(Decimal(900)))
    short = house.order(worst_price=at("0.40"), side=Side.SELL, spend=None, size=Size(Decimal(5)))
    crossing = house.resting(price="0.60")
    crossing = replace(crossing, ticket=replace(crossing.ticket, post_only=True))
    for one, kind, words in (
        (
            house.order(worst_price=at("0.55"), spend=Usdc(Decimal(5000))),
            InsufficientBalance,
            "free",
        ),
        (short, InsufficientBalance, "free money or shares"),
        (house.resting(size="1"), OrderTooSmall, "minimum"),
        (house.order(worst_price=at("0.30")), EmptyBook, "Nobody took"),
        (whole, NotWhole, "whole order"),
        (crossing, Rejected, "post-only"),
    ):
        with pytest.raises(kind, match=words):
            await house.place(one)


async def test_money_shares_and_positions_are_what_the_venue_counts(house: House) -> None:
    token = house.market.tokens[0]
    before = await house.reports.balances(USER, [token])
    assert (before.cash, before.shares[token]) == (Decimal(1000), Decimal(0))
    assert before.allowance > 0
    one = house.order(worst_price=at("0.55"), spend=Usdc(Decimal("20.4")))
    _, done = await house.place(one)
    for each in done.trade_ids:
        await order(house.venue, "trades", id=each, status="CONFIRMED")
    trades = await house.reports.trades_named(USER, done.trade_ids)
    assert {trade.settlement for trade in trades} == {Settlement.CONFIRMED}
    await house.reports.refresh_balances(USER, token)
    after = await house.reports.balances(USER, [token])
    assert after.shares[token] == Decimal(40)
    held = (await house.reports.positions(USER))[token]
    assert (held.size, held.condition_id) == (Decimal(40), house.market.condition_id)


async def test_everything_can_be_cancelled_at_once(house: House) -> None:
    hashes = [(await house.place(house.resting(price)))[0].hash for price in ("0.30", "0.31")]
    cancels = Cancels(house.http)
    assert set((await cancels.many(USER, hashes)).cancelled) == set(hashes)
    await house.place(house.resting("0.32"))
    token = house.market.tokens[0]
    done = await cancels.of_market(USER, house.market.condition_id, token)
    assert len(done.cancelled) == 1
    await house.place(house.resting("0.33"))
    assert len((await cancels.all(USER)).cancelled) == 1
    assert await house.reports.open_orders(USER) == ()


async def test_signs_of_life_keys_and_permission(house: House) -> None:
    heart = Heartbeat(house.http, USER)
    await heart.beat()
    await Heartbeat(house.http, USER).beat()  # another session, which knows no id
    await heart.beat()
    assert (await ApiKeys(house.http).credentials(USER)) == house.person.credentials
    assert await house.permission.refusal(USER) == ""
    await order(house.venue, "geoblock", blocked=True, country="US", region="NY")
    assert "US-NY" in await house.permission.refusal(USER)
    with pytest.raises(Rejected, match="restricted in your region"):
        await house.place(house.resting())
