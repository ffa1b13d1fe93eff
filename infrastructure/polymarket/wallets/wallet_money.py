"""The money of a live wallet: what it is, what may be done with it, and doing that."""

import logging
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.custody import Tier, WalletState
from core.domain.errors import Rejected, Unavailable
from core.domain.market import Market
from core.domain.reports import Balances, VenuePosition
from core.domain.resolution import resolution_of
from core.domain.sentences import mark
from core.domain.units import ZERO, MarketId, Size, TokenId, Usdc, UserId, times, usdc
from core.domain.wallet_action import ActionKind
from core.domain.wallet_money import Approvals, Claimable, WalletMoneyState
from core.services.trading_right import refuse_viewer
from core.storage import custody, markets
from core.storage import wallet_actions as stored
from core.storage.models import Sessions
from core.storage.tenancy import as_user
from infrastructure.polymarket.signing.errors import SigningRefused
from infrastructure.polymarket.signing.wallet import Address, Wallet, address
from infrastructure.polymarket.wallets.actions import OTHER_ON_ITS_WAY, WalletActions
from infrastructure.polymarket.wallets.approvals import ApprovalList
from infrastructure.polymarket.wallets.deeds import Approve, Redeem, Wrap
from infrastructure.polymarket.wallets.ports import BatchKeys
from infrastructure.polymarket.wallets.signer import refuse_incapable

logger = logging.getLogger(__name__)

Told = TypeVar("Told")

BOTH: Final = 2  # outcomes
NOTHING_TO_CLAIM: Final = mark(
    "There is nothing to claim in this market: the wallet holds no shares of it any more."
)
NOTHING_TO_MAKE: Final = mark("No owner key waits for a deposit wallet. Begin with Wallet.")
NOT_RESOLVED: Final = mark("This market has no result yet, so its shares cannot be claimed.")


class AccountMoney(Protocol):
    """What the venue counts of an account. `PolymarketReports` is one."""

    async def balances(self, user: UserId, tokens: Sequence[TokenId]) -> Balances: ...

    async def refresh_balances(self, user: UserId, token: TokenId | None = None) -> None: ...

    async def positions(self, user: UserId) -> Mapping[TokenId, VenuePosition]: ...


class VenueWalletMoney:
    """The chat's `WalletMoney`, and the `Claims` of automatic redeeming."""

    def __init__(
        self,
        sessions: Sessions,
        keys: BatchKeys,
        account: AccountMoney,
        approvals: ApprovalList,
        actions: WalletActions,
    ) -> None:
        self._sessions = sessions
        self._keys = keys
        self._account = account
        self._approvals = approvals
        self._actions = actions

    async def state(self, user: UserId) -> WalletMoneyState:
        """What another host than that of the balances tells may be unknown in it.

        Raises: KeyNotUsable without a wallet, Unavailable.
        """
        wallet = await self._keys.wallet(user)
        held = await self._account.balances(user, ())
        return WalletMoneyState(
            cash=held.cash,
            allowance=held.allowance,
            approvals=await _known(self._approved(user, wallet)) or Approvals.UNKNOWN,
            deposit_address=wallet.funder,
            claimable=await _known(self.claimable(user)),
            can_act=_can_act(wallet),
        )

    async def claimable(self, user: UserId) -> tuple[Claimable, ...]:
        """Shares of markets whose result we know too, what pays most first.

        Raises: KeyNotUsable, Unavailable.
        """
        held = [each for each in (await self._account.positions(user)).values() if each.size]
        ended = [each for each in held if each.is_redeemable]
        async with as_user(self._sessions, user) as session:
            known = [await markets.by_condition(session, each.condition_id) for each in ended]
        rows = [_claim(*pair) for pair in zip(ended, known, strict=True)]
        return tuple(sorted((row for row in rows if row is not None), key=_by_value))

    async def approve(self, user: UserId) -> None:
        """Lets the venue's contracts in, those that are not yet.

        Raises: Rejected, Unavailable, OutcomeUnknown.
        """
        async with as_user(self._sessions, user) as session:
            await refuse_viewer(session, user)
        wallet = await self._capable(user)
        missing = await self._approvals.missing(wallet.funder)
        if missing:
            await self._actions.perform(user, Approve(missing))
        await self._tell_venue(user, ())

    async def redeem(self, user: UserId, market: MarketId) -> None:
        """Raises: Rejected, Unavailable, OutcomeUnknown."""
        wallet = await self._capable(user)
        async with as_user(self._sessions, user) as session:
            found = await markets.by_id(session, market)
            last = await stored.newest(session, user, ActionKind.REDEEM, str(market))

        async def is_still_the_last(session: AsyncSession) -> None:
            """What was claimed since we counted the shares is not claimed again."""
            newest = await stored.newest(session, user, ActionKind.REDEEM, str(market))
            if (newest and newest.id) != (last and last.id):
                raise Unavailable(OTHER_ON_ITS_WAY)

        if resolution_of(found) is None or len(found.tokens) != BOTH:
            raise Rejected(NOT_RESOLVED)
        deed = _redemption(found, await self._shares(user, found.tokens))
        missing = await self._approvals.missing(wallet.funder)
        if deed.needs in missing:
            deed = replace(deed, approvals=(deed.needs,))
        await self._actions.perform(user, deed, is_still_the_last)
        await self._tell_venue(user, found.tokens)

    async def wrap(self, user: UserId, amount: Usdc) -> None:
        """USDC.e that lies in the wallet becomes money to trade with.

        Raises: Rejected, Unavailable, OutcomeUnknown.
        """
        await self._capable(user)
        await self._actions.perform(user, Wrap(amount))
        await self._tell_venue(user, ())

    async def create(self, user: UserId) -> Address:
        """Makes the deposit wallet of the owner key that waits, and names it as its own.

        `Wallets.verify` comes next. Raises: Rejected, Unavailable, OutcomeUnknown; again is fine.
        """
        async with as_user(self._sessions, user) as session:
            await refuse_viewer(session, user)
            waiting = await custody.wallet(session, user, WalletState.WAITING)
        if waiting is None or waiting.tier is not Tier.DEPOSIT or waiting.funder:
            raise Rejected(NOTHING_TO_MAKE)
        made = await self._actions.create(user, address(waiting.key_address))
        async with as_user(self._sessions, user) as session:
            await custody.name_funder(session, waiting.id, made)
        return made

    async def _capable(self, user: UserId) -> Wallet:
        """Raises: Rejected with what its owner can do instead."""
        wallet = await self._keys.wallet(user)
        refuse_incapable(wallet)
        return wallet

    async def _approved(self, user: UserId, wallet: Wallet) -> Approvals:
        if not await self._approvals.missing(wallet.funder):
            return Approvals.COMPLETE
        async with as_user(self._sessions, user) as session:
            given = await stored.newest(session, user, ActionKind.APPROVE, "")
        return Approvals.PENDING if given is not None and given.is_open else Approvals.MISSING

    async def _shares(self, user: UserId, tokens: Sequence[TokenId]) -> Mapping[TokenId, Size]:
        """As the chain has them now. Raises: Unavailable, Rejected if there are none."""
        for token in tokens:
            await self._account.refresh_balances(user, token)
        held = (await self._account.balances(user, tokens)).shares
        if not any(held.values()):
            raise Rejected(NOTHING_TO_CLAIM)
        return held

    async def _tell_venue(self, user: UserId, tokens: Sequence[TokenId]) -> None:
        """The CLOB looks at the chain again; if it cannot, it does so later by itself."""
        try:
            await self._account.refresh_balances(user)
            for token in tokens:
                await self._account.refresh_balances(user, token)
        except Unavailable as error:
            logger.info("the venue has not looked at user %s's money again: %s", user, error)


async def _known(asked: Awaitable[Told]) -> Told | None:
    try:
        return await asked
    except Unavailable as error:
        logger.info("a part of the wallet cannot be told: %s", error)
        return None


def _can_act(wallet: Wallet) -> bool:
    try:
        refuse_incapable(wallet)
    except SigningRefused:
        return False
    return True


def _claim(held: VenuePosition, market: Market | None) -> Claimable | None:
    """None where the result is not known here."""
    resolution = None if market is None else resolution_of(market)
    payout = None if resolution is None else resolution.payout_of(held.token)
    if market is None or payout is None:
        return None
    outcome = market.outcome_of(held.token).name
    value = usdc(times(held.size, payout))
    return Claimable(market.id, market.question, outcome, held.size, value)


def _by_value(row: Claimable) -> Usdc:
    return Usdc(-row.value)


def _redemption(market: Market, held: Mapping[TokenId, Size]) -> Redeem:
    yes, no = (held.get(token, Size(ZERO)) for token in market.tokens)
    return Redeem(
        market=market.id,
        condition=market.condition_id,
        version=market.version,
        neg_risk=market.neg_risk,
        sizes=(yes, no),
    )
