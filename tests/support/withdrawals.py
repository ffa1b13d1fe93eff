"""A user who may take money out, and whoever sends it."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from core.domain.errors import PolycoolError
from core.domain.one_time_code import STEP, one_time_code
from core.domain.units import Usdc, UserId
from core.domain.withdrawal import AllowedAddress, Withdrawal, WithdrawalState
from core.services.custody.withdrawal_sender import WithdrawalSender
from core.services.custody.withdrawals import WithdrawalRules, Withdrawals
from core.storage import custody_factors, risk_switches
from core.storage.tenancy import as_user, as_worker
from infrastructure.custody.addresses import typed_address
from infrastructure.custody.codes import Enrolment
from infrastructure.security.secret_key import SecretKey
from tests.support.clearing import ScriptedFence, cleared
from tests.support.custody import House, Listener

SECRET = b"canary-of-otp-secret"
COLD = typed_address("0x" + "77" * 20)


def money(text: str) -> Usdc:
    return Usdc(Decimal(text))


@dataclass
class ScriptedRelayer:
    """Remembers what left; `error` is raised instead, or after it left."""

    left: list[tuple[str, Usdc]] = field(default_factory=list)
    error: PolycoolError | None = None
    leaves_before_error: bool = False
    found: str | PolycoolError | None = None

    async def withdraw(self, withdrawal: Withdrawal) -> str:
        if self.error is None or self.leaves_before_error:
            self.left.append((withdrawal.address, withdrawal.amount))
        if self.error is not None:
            raise self.error
        return f"0xtransaction{len(self.left)}"

    async def look_up(self, withdrawal: Withdrawal) -> str | None:  # noqa: ARG002 - the port's
        if isinstance(self.found, PolycoolError):
            raise self.found
        return self.found


@dataclass
class Desk:
    """A user who may withdraw, and whoever sends it."""

    home: House
    user: UserId
    listener: Listener
    service: Withdrawals
    relayer: ScriptedRelayer
    sender: WithdrawalSender
    fence: ScriptedFence

    def code(self) -> str:
        """The next one: each is taken once."""
        self.home.clock.advance(seconds=STEP)
        return one_time_code(SECRET, int(self.home.clock.unix()) // STEP)

    async def usable(self, address: str = COLD) -> AllowedAddress:
        allowed = await self.service.allow(self.user, address, "Cold", self.code())
        self.home.clock.advance(hours=24)
        return allowed

    async def request(self, to: AllowedAddress, amount: str = "10") -> Withdrawal:
        return await self.service.request(self.user, to.id, money(amount), self.code())

    async def halt(self, at: datetime | None) -> None:
        """None lifts it."""
        async with as_worker(self.home.sessions) as session:
            await risk_switches.set_halted(session, at, self.home.clock())

    async def state(self) -> WithdrawalState:
        return (await self.service.recent(self.user))[0].state


async def enrol(home: House, user: UserId) -> None:
    await home.codes.keep(user, Enrolment(SecretKey(SECRET)))
    async with as_user(home.sessions, user) as session:
        await custody_factors.add(session, user, 0)


def desk_of(home: House, user: UserId) -> Desk:
    listener, relayer = Listener(), ScriptedRelayer()
    rules = WithdrawalRules(money("100"), typed_address)
    service = Withdrawals(home.sessions, rules, home.factor, listener, now=home.clock)
    fence = ScriptedFence()
    sender = WithdrawalSender(cleared(home.sessions, fence), relayer, listener, now=home.clock)
    return Desk(home, user, listener, service, relayer, sender, fence)
