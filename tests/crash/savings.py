"""A withdrawal that was asked for long enough ago."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from core.domain.one_time_code import STEP, one_time_code
from core.domain.units import Usdc, UserId
from core.services.custody.second_factor import SecondFactor
from core.services.custody.withdrawals import WithdrawalRules, Withdrawals
from core.services.outbox import Outbox
from core.storage import custody_factors
from core.storage.models import Sessions
from core.storage.tenancy import as_user
from infrastructure.custody.addresses import typed_address
from infrastructure.custody.assembly import Custody
from infrastructure.custody.codes import Enrolment
from infrastructure.security.secret_key import SecretKey
from telegram_bot.telling import OutboxTeller

SECRET: Final = b"codes-of-the-crash-harness"
OUT: Final = "0x" + "77" * 20
AMOUNT: Final = Usdc(Decimal("12.5"))
CAP: Final = Usdc(Decimal(100))
ALLOWED: Final = timedelta(hours=27)  # ago
ASKED: Final = timedelta(hours=3)  # ago


async def ask_for_money(
    sessions: Sessions, custody: Custody, user: UserId, secret: bytes = SECRET
) -> None:
    """Yesterday the address, three hours ago the withdrawal: it is due. `secret` of the codes."""
    await custody.codes.keep(user, Enrolment(SecretKey(secret)))
    async with as_user(sessions, user) as session:
        await custody_factors.add(session, user, 0)
    then = _ago(ALLOWED)
    to = await _desk(sessions, custody, then).allow(user, OUT, "Cold", _code(then(), secret))
    then = _ago(ASKED)
    await _desk(sessions, custody, then).request(user, to.id, AMOUNT, _code(then(), secret))


def _desk(sessions: Sessions, custody: Custody, then: Callable[[], datetime]) -> Withdrawals:
    return Withdrawals(
        sessions,
        WithdrawalRules(CAP, typed_address),
        SecondFactor(sessions, custody.codes, now=then),
        OutboxTeller(Outbox(sessions)),
        now=then,
    )


def _ago(span: timedelta) -> Callable[[], datetime]:
    then = datetime.now(UTC) - span
    return lambda: then


def _code(then: datetime, secret: bytes) -> str:
    return one_time_code(secret, int(then.timestamp()) // STEP)
