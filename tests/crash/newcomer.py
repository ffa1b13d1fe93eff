"""A person of a trial: let in, with a key, a wallet with money, and live trading chosen."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core.domain.custody import LiveWallet, Tier
from core.domain.units import UserId, usdc
from core.services.custody.accounts import Accounts
from core.services.user_service import UserService
from core.storage.models import Sessions
from infrastructure.config.settings import Settings
from infrastructure.custody.assembly import Custody, build_custody
from infrastructure.custody.key_place import check_keys
from infrastructure.polymarket.http import VenueHttp
from infrastructure.polymarket.trading.account_http import AccountHttp
from infrastructure.polymarket.trading.buckets import Buckets
from infrastructure.polymarket.trading.clock import VenueClock
from infrastructure.polymarket.trading.permission import TradingPermission
from infrastructure.polymarket.trading.transport import Transport, open_trading_client
from tests.crash.lane import Lane
from tests.crash.savings import ask_for_money
from tests.crash.scenes import OWNED, Scene

CASH: Final = "1000"
DEPOSIT: Final = 3  # the venue's number for wallets that are contracts
DAILY: Final = Decimal(500)


@dataclass(frozen=True)
class Newcomer:
    """Somebody whose Telegram id is `person`, and where there is a wallet for them."""

    lane: Lane
    settings: Settings
    sessions: Sessions
    person: int
    number: int


async def settled_in(who: Newcomer, scene: Scene) -> tuple[UserId, str, str]:
    """Let in, with a key that may be used, and live mode chosen."""
    lane, settings, sessions, person = who.lane, who.settings, who.sessions, who.person
    users = UserService(sessions, starting_cash=usdc(Decimal(CASH)), allowed=(person,))
    admitted = await users.admit(person, "Anna")
    assert admitted is not None
    async with open_trading_client(settings.http_timeout_seconds) as client:
        clock = VenueClock()
        custody = build_custody(settings, sessions, client, lane.venue.url, clock=clock.unix)
        assert custody.account_keys is not None
        await check_keys(custody.keys, custody.data_keys, is_dry_run=False)
        ready = await _keyed(who, custody, admitted.id, is_owner=scene in OWNED)
        transport = Transport(client, lane.venue.url, clock)
        http = AccountHttp(transport, keys=custody.account_keys, clock=clock, buckets=Buckets())
        doors = TradingPermission(http, VenueHttp(client, f"{lane.venue.url}/api/geoblock"))
        if scene is Scene.WITHDRAW:
            await ask_for_money(sessions, custody, admitted.id)
        accounts = Accounts(sessions, doors, is_dry_run=False)
        await accounts.read_risk(admitted.id, usdc(DAILY))
        await accounts.choose_live(admitted.id)
    return admitted.id, ready.funder.lower(), ready.key_address


async def _keyed(who: Newcomer, custody: Custody, user: UserId, *, is_owner: bool) -> LiveWallet:
    """With the wallet's own key, or one that its owner has authorised for trading."""
    key = await custody.wallets.begin(user, Tier.DEPOSIT if is_owner else Tier.SESSION)
    owner, wallet = f"0x{who.number + 1:038x}aa", f"0x{who.number + 1:038x}bb"
    sessions = {} if is_owner else {key.key_address: None}
    await who.lane.venue.order(
        "wallet",
        address=key.key_address if is_owner else owner,
        funder=wallet,
        signature_type=DEPOSIT,
        cash=CASH,
        session_keys=sessions,
    )
    if is_owner:
        await custody.wallets.name_funder(user, wallet)
    return await custody.wallets.verify(user)
