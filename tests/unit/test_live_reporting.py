"""What `/health`, `/status` and the metrics say of live trading."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from core.domain.breaker import Trip
from core.domain.overview import KeyFigures, OrderFigures, Overview, SwitchFigures
from core.domain.units import UserId
from core.services.reconciliation.reconciliation import ReconciliationStatistics
from data_ingestion.user_channel.line import Line
from data_ingestion.user_channel.user_channel import ChannelState, UserChannel
from infrastructure.polymarket.trading.clock import VenueClock
from infrastructure.telemetry.metrics import Metrics
from infrastructure.telemetry.ops_server import PartHealth
from telegram_bot.live_reporting import LiveParts, TradingHealth
from tests.support.user_socket import Keeper, News, credentials

NOWHERE = Line("ws://127.0.0.1:9/ws/user")
WELL = Overview(keys=KeyFigures(ready=2))


class Scene:
    """Live trading of as many accounts as there are states of channels."""

    def __init__(self, *states: ChannelState, seen: Overview = WELL, is_live: bool = True) -> None:
        self.metrics = Metrics()
        self.rounds = ReconciliationStatistics()
        self.clock = VenueClock(lambda: 1000.0)
        self.channels = [_channel(UserId(user), state) for user, state in enumerate(states, 1)]
        live = LiveParts(self._all, self.rounds, self.clock) if is_live else None
        self.trading = TradingHealth(self.metrics, lambda: seen, live, lambda: 100.0)

    def part(self, name: str) -> PartHealth:
        return self.trading.parts()[name]

    def figure(self, name: str, **labels: str) -> float | None:
        self.trading.refresh()
        return self.metrics.registry.get_sample_value(name, labels)

    def _all(self) -> Sequence[UserChannel]:
        return self.channels


def _channel(user: UserId, state: ChannelState) -> UserChannel:
    keeper = Keeper(News())
    channel = UserChannel(user, NOWHERE, credentials, keeper, keeper.reconcile)
    channel.state = state
    return channel


def test_where_all_is_well_nothing_is_impaired_and_everything_is_said() -> None:
    scene = Scene(ChannelState.CONNECTED, ChannelState.CONNECTED)
    scene.rounds.ended = 88.0
    parts = scene.trading.parts()
    assert {name: part.state for name, part in parts.items()} == {
        "user channels": "2 connected",
        "reconciliation": "last round 12 s ago",
        "orders": "0 unclear, 0 on their way, 0 resting",
        "session keys": "2 ready",
        "clock": "as the venue's",
        "inbox": "nothing unanswered",
        "switches": "all on",
        "ledger": "positions are what their fills make",
    }
    assert not any(part.is_impaired or not part.ok for part in parts.values())


def test_refused_credentials_are_said_in_words_and_cost_nobody_else_their_health() -> None:
    scene = Scene(ChannelState.CONNECTED, ChannelState.REFUSED, ChannelState.LOCKED)
    part = scene.part("user channels")
    assert part.state == "1 connected, 1 credentials refused, 1 no usable credentials"
    assert (part.ok, part.is_impaired) == (True, True)
    assert scene.figure("user_channels", state="refused") == 1
    assert scene.figure("user_channels", state="offline") == 0
    scene.channels[1].state = ChannelState.OFFLINE
    assert scene.figure("user_channels", state="refused") == 0
    assert "1 not connected, trying again" in scene.part("user channels").state


def test_accounts_that_could_not_be_compared_are_counted() -> None:
    scene = Scene(seen=replace(WELL, uncompared=1))
    assert scene.part("reconciliation").state == "no account was compared yet"
    scene.rounds.ended, scene.rounds.finished, scene.rounds.unfinished = 90.0, 5, 2
    part = scene.part("reconciliation")
    assert part.state == "last round 10 s ago; 1 account could not be compared"
    assert part.is_impaired
    assert scene.figure("reconciliations_total") == 5
    assert scene.figure("reconciliation_failures_total") == 2
    assert scene.figure("reconciliation_age_seconds") == 10
    assert scene.figure("accounts_uncompared") == 1


@pytest.mark.parametrize(
    ("seen", "name", "state"),
    [
        (Overview(orders=OrderFigures(1, 2, 3)), "orders", "1 unclear, 2 on their way, 3 resting"),
        (
            Overview(unclear_withdrawals=1),
            "orders",
            "0 unclear, 0 on their way, 0 resting; 1 withdrawal unclear",
        ),
        (
            Overview(keys=KeyFigures(3, 1, 1)),
            "session keys",
            "3 ready, 1 near their end, 1 ended",
        ),
        (
            Overview(switches=SwitchFigures(is_halted=True, trip=Trip.CLOCK, tripped=2)),
            "switches",
            "halted by the owner; breaker of everybody open: clock; breaker open for 2 users",
        ),
        (Overview(updates_waiting=51), "inbox", "51 messages unanswered"),
        (Overview(differing=2), "ledger", "not what the fills make: 2 positions"),
    ],
)
def test_what_needs_a_look_is_marked_and_said(seen: Overview, name: str, state: str) -> None:
    part = Scene(seen=seen).part(name)
    assert (part.state, part.is_impaired, part.ok) == (state, True, True)


def test_a_user_who_stopped_is_told_of_and_needs_no_look() -> None:
    part = Scene(seen=Overview(switches=SwitchFigures(stopped=1))).part("switches")
    assert (part.state, part.is_impaired) == ("stopped by 1 user", False)


def test_a_clock_that_is_off_is_told_with_its_sign() -> None:
    scene = Scene()
    scene.clock.observe(990.0, 1000.0, 1000.1)
    assert scene.part("clock").state == "+9.0 s off the venue's"
    assert scene.part("clock").is_impaired
    assert scene.figure("venue_clock_skew_seconds") == pytest.approx(-9.0)


def test_paper_money_alone_has_an_inbox_and_switches() -> None:
    scene = Scene(is_live=False, seen=Overview(updates_waiting=1))
    assert list(scene.trading.parts()) == ["inbox", "switches", "ledger"]
    assert scene.part("inbox").state == "1 message unanswered"
    assert scene.figure("updates_waiting") == 1
    assert scene.figure("user_channels", state="connected") is None
