"""The chat with real money: real custody, switches and order core against a scripted venue."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

from core.domain.account import Account
from core.domain.book import Side
from core.domain.market import Market
from core.domain.order import Ticket
from core.domain.order_amounts import OrderKind
from core.domain.units import MarketId, Price, Size, Usdc, UserId
from core.domain.wallet_money import Approvals, Claimable, WalletMoneyState
from core.services.clob.clob_service import ClobService
from core.services.custody.accounts import Accounts
from core.services.custody.daily_limit import OwnDailyLimit
from core.services.custody.withdrawals import WithdrawalRules, Withdrawals
from core.services.position.position_service import PositionService
from core.services.reconciliation.standing import AccountStandings
from core.services.risk.breakers import Breakers
from core.services.risk.guards import Guards
from core.services.risk.kill_switch import KillSwitch
from core.services.risk.outside import Conditions
from core.services.risk.own_limits import OwnLimits
from core.storage import wallets
from core.storage.models import Sessions
from infrastructure.custody.addresses import typed_address
from tests.support import examples
from tests.support.chat import ANN, Chat, Message, Person, buttons, open_chat
from tests.support.custody import House, Listener, house
from tests.support.guarding import RULES, Outside
from tests.support.scripted_exchange import ScriptedVenue
from tests.support.trading import Time

FUNDER: Final = "0x" + "88" * 20


@dataclass
class Doors:
    """The venue's word on whether somebody may trade."""

    sentence: str = ""

    async def refusal(self, user: UserId) -> str:
        assert user
        return self.sentence


@dataclass
class Money:
    """A `WalletMoney` that remembers what it was told to do."""

    market: Market
    approved: list[UserId] = field(default_factory=list)
    redeemed: list[MarketId] = field(default_factory=list)
    created: list[UserId] = field(default_factory=list)

    async def create(self, user: UserId) -> str:
        self.created.append(user)
        return FUNDER

    async def state(self, user: UserId) -> WalletMoneyState:
        assert user
        claim = Claimable(
            self.market.id,
            self.market.question,
            "Yes",
            examples.position().holding.amount,
            cash(16),
        )
        approvals = Approvals.COMPLETE if self.approved else Approvals.MISSING
        claims = () if self.redeemed else (claim,)
        return WalletMoneyState(cash(100), cash(50), approvals, FUNDER, claims, can_act=True)

    async def approve(self, user: UserId) -> None:
        self.approved.append(user)

    async def redeem(self, user: UserId, market: MarketId) -> None:
        assert user
        self.redeemed.append(market)


@dataclass
class LiveChat:
    """A chat whose one user, Ann, may change over to real money."""

    chat: Chat
    home: House
    venue: ScriptedVenue
    doors: Doors
    money: Money
    clob: ClobService
    outside: Outside
    accounts: Accounts

    @property
    def ann(self) -> Person:
        return self.chat.person()

    async def user(self) -> UserId:
        """Ann, known to the bot."""
        admitted = await self.chat.services.users.admit(ANN, "Ann")
        assert admitted is not None
        return admitted.id

    async def goes_live(self, dollars: int = 100) -> UserId:
        """Everything that is needed for real money, without the chat."""
        user = await self.user()
        async with self.chat.sessions.begin() as session:
            await wallets.open_wallet(session, user, Account.LIVE, cash(dollars))
        await self.home.ready(user)
        await self.accounts.read_risk(user, cash(50))
        await self.accounts.choose_live(user)
        return user

    async def card(self) -> Message:
        """The market's card."""
        found = await self.ann.says("bitcoin")
        return await self.ann.opens(found, buttons(found)[0])


def cash(dollars: int) -> Usdc:
    return Usdc(Decimal(dollars))


def resting(user: UserId, price: str) -> Ticket:
    """For 20 shares of Yes."""
    market = examples.market()
    return Ticket(
        user,
        Account.LIVE,
        market.id,
        examples.YES,
        Side.BUY,
        Price(Decimal(price)),
        f"placed-at-{price}",
        size=Size(Decimal(20)),
        kind=OrderKind.GTC,
    )


@asynccontextmanager
async def open_live_chat(sessions: Sessions, path: Path) -> AsyncIterator[LiveChat]:
    """Running; the market streams 0.61 to 0.63."""
    async with built_live_chat(sessions, path) as live, live.chat.running():
        yield live


@asynccontextmanager
async def built_live_chat(sessions: Sessions, path: Path) -> AsyncIterator[LiveChat]:
    """The same, not running yet."""
    async with (
        house(sessions, path / "keys") as home,
        open_chat(sessions, (examples.market(),), is_dry_run=False) as plain,
    ):
        live = _live(plain, home)
        live.chat.streams(examples.YES, "0.61", "0.63")
        live.chat.streams(examples.NO, "0.37", "0.39")
        yield live


def _live(plain: Chat, home: House) -> LiveChat:
    sessions, outside = plain.sessions, Outside()
    breakers = Breakers(sessions, RULES, outside, outside, now=plain.wall)
    conditions = Conditions(
        plain.board,
        outside,
        lambda user: user not in outside.unhealthy,
        outside.is_clear,
        lambda: outside.disk,
    )
    guards = Guards(RULES, conditions, breakers, now=plain.wall)
    venue, doors, money = ScriptedVenue(Time()), Doors(), Money(examples.market())
    clob = ClobService(
        sessions,
        venue,
        plain.books,
        plain.manager,
        account=Account.LIVE,
        guards=guards,
        now=plain.wall,
    )
    limits = OwnLimits(sessions, RULES, outside, now=plain.wall)
    accounts = Accounts(
        sessions, doors, is_dry_run=False, limits=OwnDailyLimit(limits), now=home.clock
    )
    positions = PositionService(sessions, plain.board, plain.manager, clob, account=Account.LIVE)
    rules = WithdrawalRules(cash(500), typed_address)
    chat = plain.with_services(
        desks={**plain.services.desks, Account.LIVE: clob},
        positions={**plain.services.positions, Account.LIVE: positions},
        accounts=accounts,
        wallets=home.wallets,
        withdrawals=Withdrawals(sessions, rules, home.factor, Listener(), now=home.clock),
        second_factor=home.factor,
        kill_switch=KillSwitch(sessions, clob, outside, now=plain.wall),
        breakers=breakers,
        own_limits=limits,
        drift=AccountStandings(sessions),
        money=money,
    )
    return LiveChat(chat, home, venue, doors, money, clob, outside, accounts)
