"""What becomes of keys, wallets and withdrawals is noted with the deed, for its owner to read."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.domain.custody import Tier
from core.domain.units import UserId
from core.services.audit import prove_audit
from core.services.custody.accounts import Accounts
from core.storage.intake_models import AuditRow
from core.storage.models import Sessions
from core.storage.tenancy import as_user, as_worker
from tests.support.custody import House, house
from tests.support.live_chat import Doors, cash
from tests.support.signing import FUNDER
from tests.support.withdrawals import desk_of, enrol, money


@pytest.fixture
async def home(sessions: Sessions, tmp_path: Path) -> AsyncIterator[House]:
    async with house(sessions, tmp_path / "keys") as one:
        yield one


async def noted(home: House, user: UserId) -> list[str]:
    """As the user may read it, oldest first."""
    query = sa.select(AuditRow.what).where(AuditRow.user_id == user).order_by(AuditRow.id)
    async with as_user(home.sessions, user) as session:
        return list(await session.scalars(query))


async def test_the_life_of_a_key_and_the_choice_of_money_are_noted(home: House) -> None:
    user = await home.person()
    accounts = Accounts(home.sessions, Doors(), is_dry_run=False, now=home.clock)
    await home.ready(user)
    await accounts.read_risk(user, cash(50))
    await accounts.choose_live(user)
    await home.ready(user)
    await accounts.choose_paper(user)
    await home.wallets.revoke(user)
    assert await noted(home, user) == [
        "key made",
        "wallet ready",
        "risks read",
        "live chosen",
        "key made",
        "key replaced",
        "wallet ready",
        "paper chosen",
        "key revoked",
    ]
    assert (await prove_audit(home.sessions)).broken_at is None


async def test_a_withdrawal_is_noted_from_its_address_to_its_end(home: House) -> None:
    user = await home.person()
    await home.wallets.begin(user, Tier.DEPOSIT)
    await home.wallets.name_funder(user, FUNDER)
    await home.wallets.verify(user)
    await enrol(home, user)
    desk = desk_of(home, user)
    allowed = await desk.usable()
    stopped = await desk.request(allowed)
    await desk.service.cancel(user, stopped.id)
    await desk.request(allowed)
    home.clock.advance(hours=3)
    await desk.sender.send_due()
    await desk.service.disallow(user, allowed.id)
    assert await noted(home, user) == [
        "key made",
        "wallet named",
        "wallet ready",
        "address allowed",
        "withdrawal requested",
        "withdrawal cancelled",
        "withdrawal requested",
        "withdrawal sending",
        "withdrawal sent",
        "address removed",
    ]


async def test_a_note_names_amounts_addresses_and_no_secret(home: House) -> None:
    user = await home.person()
    await home.wallets.begin(user, Tier.DEPOSIT)
    await home.wallets.name_funder(user, FUNDER)
    ready = await home.wallets.verify(user)
    await enrol(home, user)
    desk = desk_of(home, user)
    await desk.request(await desk.usable(), "12.5")
    async with as_worker(home.sessions) as session:
        rows = {row.what: row for row in await session.scalars(sa.select(AuditRow))}
    assert rows["wallet ready"].actor == f"user {user}"
    assert rows["wallet ready"].details == {
        "tier": "deposit",
        "key": ready.key_address,
        "wallet": FUNDER,
        "until": None,
    }
    assert money(str(rows["withdrawal requested"].details["amount"])) == money("12.5")
