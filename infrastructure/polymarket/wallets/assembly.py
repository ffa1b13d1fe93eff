"""Builds everything that wallets do besides trading, once, for the program and for tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.domain.reports import Balances, VenuePosition
from core.domain.units import TokenId, UserId
from core.services.clearance import Clearance
from core.services.milestones import Reached, unwatched
from core.services.redeeming import book_confirmed
from infrastructure.polymarket.http import VenueHttp
from infrastructure.polymarket.trading.clock import VenueClock
from infrastructure.polymarket.wallets.actions import USUAL_PATIENCE, Patience, WalletActions
from infrastructure.polymarket.wallets.approvals import ApprovalList
from infrastructure.polymarket.wallets.following import Following
from infrastructure.polymarket.wallets.ports import BatchKeys
from infrastructure.polymarket.wallets.relayer import DepositWalletRelayer
from infrastructure.polymarket.wallets.relayer_http import RelayerHttp
from infrastructure.polymarket.wallets.wallet_money import VenueWalletMoney
from infrastructure.polymarket.wallets.witness import VenueWitness


class AccountReports(Protocol):
    """`PolymarketReports`, as far as wallets need it."""

    async def balances(self, user: UserId, tokens: Sequence[TokenId]) -> Balances: ...

    async def refresh_balances(self, user: UserId, token: TokenId | None = None) -> None: ...

    async def positions(self, user: UserId) -> Mapping[TokenId, VenuePosition]: ...


@dataclass(frozen=True, slots=True)
class Hosts:
    """`data`: the Data API. `clock`: seconds as the venue counts them."""

    relayer: RelayerHttp
    data: VenueHttp
    clock: VenueClock


@dataclass(frozen=True, slots=True)
class WalletOperations:
    """`money` is for the chat, `relayer` for custody; `following` is a part that runs."""

    money: VenueWalletMoney
    relayer: DepositWalletRelayer
    following: Following


def build_wallet_operations(
    clearance: Clearance,
    keys: BatchKeys,
    reports: AccountReports,
    hosts: Hosts,
    patience: Patience = USUAL_PATIENCE,
    reached: Reached = unwatched,
) -> WalletOperations:
    sessions = clearance.sessions
    approvals = ApprovalList(hosts.data)
    witness = VenueWitness(sessions, reports, approvals, hosts.data)
    following = Following(
        clearance, hosts.relayer, witness, hosts.clock, booked=book_confirmed, reached=reached
    )
    actions = WalletActions(
        clearance, hosts.relayer, keys, following, hosts.clock, patience=patience, reached=reached
    )
    return WalletOperations(
        money=VenueWalletMoney(sessions, keys, reports, approvals, actions),
        relayer=DepositWalletRelayer(sessions, actions, following, reports.refresh_balances),
        following=following,
    )
