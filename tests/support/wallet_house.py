"""A user with a deposit wallet at the sandbox: real keys, real Postgres, a relayer that checks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import httpx

from core.domain.account import Account
from core.domain.custody import Tier
from core.domain.market import Market
from core.domain.units import Price, Usdc, UserId, usdc
from core.domain.withdrawal import Withdrawal, WithdrawalState
from core.services.custody.wallets import VenueKeys, Wallets
from core.services.custody.withdrawal_sender import WithdrawalSender
from core.storage import catalogue, custody_withdrawals, wallets
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker
from infrastructure.custody.account_keys import SealedAccountKeys
from infrastructure.custody.api_access import VenueApiAccess
from infrastructure.custody.session_registry import VenueSessionRegistry
from infrastructure.custody.vault import Vault
from infrastructure.custody.venue_requests import SetUpHttp
from infrastructure.polymarket.http import VenueHttp
from infrastructure.polymarket.signing.wallet import Address, address
from infrastructure.polymarket.trading.account_http import AccountHttp
from infrastructure.polymarket.trading.buckets import Buckets
from infrastructure.polymarket.trading.clock import VenueClock
from infrastructure.polymarket.trading.reports import PolymarketReports
from infrastructure.polymarket.trading.transport import Transport, open_trading_client
from infrastructure.polymarket.wallets.actions import Patience
from infrastructure.polymarket.wallets.assembly import (
    Hosts,
    WalletOperations,
    build_wallet_operations,
)
from infrastructure.polymarket.wallets.relayer_auth import RelayerAuth, RelayerKey
from infrastructure.polymarket.wallets.relayer_http import RelayerHttp
from infrastructure.sandbox.exchange.exchange import ExchangeOptions, ExchangeSandbox
from infrastructure.security.key_folder import KeyFolder
from infrastructure.security.secret_key import SecretKey
from infrastructure.tls import trusted
from tests.support.account_venue import no_pause
from tests.support.clearing import ScriptedFence, cleared
from tests.support.custody import Clock, Listener
from tests.support.rows import add_user
from tests.support.sandbox_accounts import tokens_of
from tests.support.sandbox_exchange import LIMIT, Json, order, serving
from tests.support.signing import FUNDER, KNOWN_SECRET, known_key
from tests.support.venue_markets import market_of

COLD: Final = address("0x" + "77" * 20)
OTHER: Final = address("0x" + "66" * 20)
QUICK: Final = Patience(between=0.02, waiting=3.0)
ONE_LOOK: Final = Patience(between=0.01, waiting=0.01)
RELAYER_KEY: Final = RelayerKey("any", Address("0x" + "44" * 20))


@dataclass
class WalletHouse:
    """`operations` are those of a process that may be begun anew at any time: see `reborn`."""

    sessions: Sessions
    venue: httpx.AsyncClient
    exchange: ExchangeSandbox
    clock: Clock
    keys: SealedAccountKeys
    reports: PolymarketReports
    hosts: Hosts
    operations: WalletOperations
    user: UserId
    market: Market
    wallets: Wallets
    fence: ScriptedFence

    def reborn(
        self, relayer: RelayerHttp | None = None, patience: Patience = QUICK
    ) -> WalletOperations:
        """What another process has on the same database, perhaps with another relayer."""
        hosts = self.hosts if relayer is None else replace(self.hosts, relayer=relayer)
        return build_wallet_operations(
            cleared(self.sessions, self.fence), self.keys, self.reports, hosts, patience
        )

    async def mood(self, **levers: Any) -> None:
        await order(self.venue, "relayer", **levers)

    async def lose_answers(self, when: str, kind: str = "reset", count: int = 1) -> None:
        fault = {"kind": kind, "when": when, "count": count, "path": "/relayer/submit"}
        await order(self.venue, "order-faults", **fault)

    async def submitted(self) -> list[Json]:
        told: list[Json] = (await self.venue.get("/control/relayer")).json()["submissions"]
        return told

    async def money(self) -> Json:
        told: Json = (await self.venue.get("/control/wallet", params={"address": FUNDER})).json()
        return told

    async def bridge(self, amount: str) -> Usdc:
        """USDC.e that has arrived in the wallet."""
        await self.mood(bridged={FUNDER: amount})
        return usdc(Decimal(amount))

    async def cash(self) -> Decimal:
        """As the ledger has it."""
        async with as_user(self.sessions, self.user) as session:
            return await wallets.cash(session, self.user, Account.LIVE) or Decimal(0)

    async def withdrawal(
        self, amount: str = "10", state: WithdrawalState = WithdrawalState.SENDING
    ) -> Withdrawal:
        """One that is due now, to an address that was allowed long ago."""
        now = self.clock.now
        async with as_user(self.sessions, self.user) as session:
            to = await custody_withdrawals.allow_address(session, self.user, COLD, "Cold", now)
            if to is None:
                (to,) = await custody_withdrawals.allowed_addresses(session, self.user)
            made = await custody_withdrawals.add_withdrawal(
                session, to, usdc(Decimal(amount)), now, now - now
            )
            if state is not WithdrawalState.WAITING:
                made = await custody_withdrawals.move_withdrawal(session, made.id, state)
        return made

    def sender(self, operations: WalletOperations | None = None) -> WithdrawalSender:
        relayer = (operations or self.operations).relayer
        return WithdrawalSender(
            cleared(self.sessions, self.fence), relayer, Listener(), now=self.clock
        )

    async def state_of(self, withdrawal: Withdrawal) -> WithdrawalState:
        async with as_user(self.sessions, self.user) as session:
            found = await custody_withdrawals.locked_withdrawal(session, withdrawal.id)
        return found.state

    async def resolve(self, shares: str = "40") -> Market:
        """The wallet holds shares of the winner and of the loser; the market is over."""
        yes, no = self.market.tokens
        held = {yes: shares, no: "7"}
        await order(
            self.venue,
            "wallet",
            address=known_key().address,
            signature_type=3,
            funder=FUNDER,
            shares=held,
        )
        await order(self.venue, "resolve", market=self.market.id, payouts=["1", "0"])
        ended = replace(
            self.market,
            is_closed=True,
            is_resolved=True,
            resolved_outcome=self.market.outcomes[0].name,
            payouts=(Price(Decimal(1)), Price(Decimal(0))),
        )
        async with as_worker(self.sessions) as session:
            await catalogue.upsert(session, [ended], self.clock.now)
        return ended


@asynccontextmanager
async def wallet_house(
    sessions: Sessions, path: Path, *, auth: RelayerAuth = RELAYER_KEY, allowance: str = "max"
) -> AsyncIterator[WalletHouse]:
    """A deposit wallet with 100 pUSD whose owner key is here."""
    clock, folder = Clock(), KeyFolder(path)
    folder.create(1)
    exchange = ExchangeSandbox(ExchangeOptions(rate=0), clock.unix)
    async with (
        serving(exchange) as host,
        httpx.AsyncClient(verify=trusted(), base_url=f"http://{host}", timeout=LIMIT) as venue,
        open_trading_client(2.0) as client,
    ):
        url = f"http://{host}"
        await order(venue, "relayer", delay=0.01)
        funded = {"cash": "100", "allowance": allowance, "signature_type": 3, "funder": FUNDER}
        await order(venue, "wallet", address=known_key().address, **funded)
        vault, http = Vault(sessions, folder), SetUpHttp(client, url)
        keys = SealedAccountKeys(sessions, vault, clock=clock.unix, monotonic=clock.unix)
        access = VenueApiAccess(http, vault, clock=clock.unix)
        registry = VenueSessionRegistry(http, vault, clock=clock.unix)
        venue_keys = VenueKeys(vault, access, registry)
        custody = Wallets(sessions, venue_keys, is_dry_run=False, now=clock)
        custody.on_change(keys.forget)
        user = await _owner(sessions, custody, vault)
        reports = _reports(client, url, keys, clock)
        # its answers' dates are the machine's own, which the house's clock is not
        wire = Transport(client, f"{url}/relayer", VenueClock())
        stated = VenueClock(clock.unix)
        relayer = RelayerHttp(wire, auth, stated)
        hosts = Hosts(relayer, VenueHttp(client, f"{url}/data-api", sleep=no_pause), stated)
        market = market_of(exchange, tokens_of(exchange)[0])
        async with as_worker(sessions) as session:
            await catalogue.upsert(session, [market], clock.now)
        fence = ScriptedFence()
        operations = build_wallet_operations(cleared(sessions, fence), keys, reports, hosts, QUICK)
        yield WalletHouse(
            sessions,
            venue,
            exchange,
            clock,
            keys,
            reports,
            hosts,
            operations,
            user,
            market,
            custody,
            fence,
        )


async def _owner(sessions: Sessions, custody: Wallets, vault: Vault) -> UserId:
    async with sessions.begin() as session:
        user = await add_user(session)
        await wallets.open_wallet(session, user, Account.LIVE, usdc(Decimal(100)))
    with closing(SecretKey(KNOWN_SECRET)) as secret:
        await custody.bring(
            user, Tier.DEPOSIT, FUNDER, lambda: vault.keep_key(user, Tier.DEPOSIT, secret)
        )
    await custody.verify(user)
    return user


def _reports(
    client: httpx.AsyncClient, url: str, keys: SealedAccountKeys, clock: Clock
) -> PolymarketReports:
    http = AccountHttp(
        Transport(client, url, VenueClock()),
        keys=keys,
        clock=VenueClock(clock.unix),
        buckets=Buckets(sleep=no_pause),
        sleep=no_pause,
    )
    return PolymarketReports(http, VenueHttp(client, f"{url}/data-api", sleep=no_pause))
