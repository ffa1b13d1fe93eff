"""What operators see of live trading: the parts of `/health` and `/status`, and the metrics."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from core.domain.overview import KeyFigures, OrderFigures, Overview, SwitchFigures
from core.services.reconciliation.reconciliation import ReconciliationStatistics
from data_ingestion.user_channel.user_channel import ChannelState, UserChannel
from infrastructure.polymarket.trading.clock import SKEW, VenueClock
from infrastructure.telemetry.metrics import Metrics
from infrastructure.telemetry.ops_server import PartHealth
from telegram_bot.figures import Since

MANY_UPDATES: Final = 50  # unanswered messages that are more than a busy minute

CHANNEL_WORDS: Final[Mapping[ChannelState, str]] = {
    ChannelState.CONNECTED: "connected",
    ChannelState.OFFLINE: "not connected, trying again",
    ChannelState.REFUSED: "credentials refused",
    ChannelState.LOCKED: "no usable credentials",
}


@dataclass(frozen=True, slots=True)
class LiveParts:
    """What there is to ask where real money may be traded."""

    channels: Callable[[], Collection[UserChannel]]
    reconciliation: ReconciliationStatistics
    clock: VenueClock


class TradingHealth:
    """States in words; figures in metrics. Without `live` there is paper money alone.

    A user's trouble is no reason to call the whole program unhealthy: it is impaired then.
    """

    def __init__(
        self,
        metrics: Metrics,
        newest: Callable[[], Overview],
        live: LiveParts | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock`: that of the reconciliation."""
        self._metrics = metrics
        self._newest = newest
        self._live = live
        self._clock = clock
        self._since = Since()

    def parts(self) -> dict[str, PartHealth]:
        """By name, in the order in which people read them."""
        seen, live = self._newest(), self._live
        found = {
            "inbox": _inbox(seen.updates_waiting),
            "switches": _switches(seen.switches),
            "ledger": _ledger(seen.differing),
        }
        if live is None:
            return found
        return {
            "user channels": _channels(live.channels()),
            "reconciliation": self._reconciliation(live.reconciliation, seen),
            "orders": _orders(seen.orders, seen.unclear_withdrawals),
            "session keys": _keys(seen.keys),
            "clock": _clock(live.clock.skew),
            **found,
        }

    def refresh(self) -> None:
        """Bring the metrics up to date."""
        metrics, seen = self._metrics.live, self._newest()
        metrics.updates_waiting.set(seen.updates_waiting)
        metrics.orders_unclear.set(seen.orders.unclear)
        metrics.orders_waiting.set(seen.orders.waiting)
        metrics.orders_resting.set(seen.orders.resting)
        metrics.withdrawals_unclear.set(seen.unclear_withdrawals)
        metrics.accounts_uncompared.set(seen.uncompared)
        metrics.positions_differing.set(seen.differing)
        metrics.trading_halted.set(seen.switches.is_halted)
        metrics.breakers_open.set(seen.switches.tripped + (seen.switches.trip is not None))
        metrics.users_stopped.set(seen.switches.stopped)
        metrics.session_keys_ending.set(seen.keys.ending)
        metrics.session_keys_ended.set(seen.keys.ended)
        if self._live is not None:
            self._refresh_live(self._live)

    def _refresh_live(self, live: LiveParts) -> None:
        metrics, rounds = self._metrics.live, live.reconciliation
        channels = live.channels()
        states = Counter(channel.state for channel in channels)
        for state in ChannelState:
            metrics.user_channels.labels(state.value).set(states[state])
        metrics.user_channel_waiting.set(sum(channel.waiting for channel in channels))
        self._since.add(metrics.reconciliations, rounds.finished)
        self._since.add(metrics.reconciliation_failures, rounds.unfinished)
        metrics.reconciliation_seconds.set(rounds.seconds)
        metrics.reconciliation_age.set(self._age(rounds) or 0.0)
        metrics.clock_skew.set(live.clock.skew)

    def _reconciliation(self, rounds: ReconciliationStatistics, seen: Overview) -> PartHealth:
        age = self._age(rounds)
        if age is None:
            return PartHealth(ok=True, state="no account was compared yet")
        last = f"last round {age:.0f} s ago"
        if not seen.uncompared:
            return PartHealth(ok=True, state=last)
        state = f"{last}; {_counted(seen.uncompared, 'account')} could not be compared"
        return PartHealth(ok=True, state=state, is_impaired=True)

    def _age(self, rounds: ReconciliationStatistics) -> float | None:
        return None if rounds.ended is None else max(0.0, self._clock() - rounds.ended)


def _channels(channels: Collection[UserChannel]) -> PartHealth:
    if not channels:
        return PartHealth(ok=True, state="nobody trades real money")
    states = Counter(channel.state for channel in channels)
    told = [f"{states[state]} {words}" for state, words in CHANNEL_WORDS.items() if states[state]]
    is_whole = states[ChannelState.CONNECTED] == len(channels)
    return PartHealth(ok=True, state=", ".join(told), is_impaired=not is_whole)


def _orders(orders: OrderFigures, withdrawals: int) -> PartHealth:
    state = f"{orders.unclear} unclear, {orders.waiting} on their way, {orders.resting} resting"
    if withdrawals:
        state += f"; {_counted(withdrawals, 'withdrawal')} unclear"
    return PartHealth(ok=True, state=state, is_impaired=bool(orders.unclear or withdrawals))


def _switches(switches: SwitchFigures) -> PartHealth:
    reasons = []
    if switches.is_halted:
        reasons.append("halted by the owner")
    if switches.trip is not None:
        reasons.append(f"breaker of everybody open: {switches.trip.value}")
    if switches.tripped:
        reasons.append(f"breaker open for {_counted(switches.tripped, 'user')}")
    stopped = f"stopped by {_counted(switches.stopped, 'user')}" if switches.stopped else ""
    told = [*reasons, stopped] if stopped else reasons
    return PartHealth(ok=True, state="; ".join(told) or "all on", is_impaired=bool(reasons))


def _keys(keys: KeyFigures) -> PartHealth:
    told = [f"{keys.ready} ready"]
    told += [f"{keys.ending} near their end"] if keys.ending else []
    told += [f"{keys.ended} ended"] if keys.ended else []
    return PartHealth(ok=True, state=", ".join(told), is_impaired=bool(keys.ending or keys.ended))


def _clock(skew: float) -> PartHealth:
    """Signatures carry the venue's time, so an error of ours stops nothing."""
    state = "as the venue's" if abs(skew) <= SKEW else f"{-skew:+.1f} s off the venue's"
    return PartHealth(ok=True, state=state, is_impaired=abs(skew) > SKEW)


def _ledger(differing: int) -> PartHealth:
    state = f"not what the fills make: {_counted(differing, 'position')}"
    return PartHealth(
        ok=True,
        state=state if differing else "positions are what their fills make",
        is_impaired=bool(differing),
    )


def _inbox(waiting: int) -> PartHealth:
    state = f"{_counted(waiting, 'message')} unanswered" if waiting else "nothing unanswered"
    return PartHealth(ok=True, state=state, is_impaired=waiting > MANY_UPDATES)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
