"""What operators see of the chats: who waits, who was refused, how old the cards are."""

from infrastructure.telemetry.metrics import Metrics
from telegram_bot.chat_figures import ChatFigures
from telegram_bot.lanes import Lanes, Place
from telegram_bot.live_messages import LiveMessages
from telegram_bot.pacing import Urgency
from tests.support.manual_clock import settle
from tests.unit.test_lanes import ANN, BEN, Hall
from tests.unit.test_live_messages import Room


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def figures(lanes: Lanes, live: LiveMessages) -> tuple[Metrics, ChatFigures]:
    metrics = Metrics()
    return metrics, ChatFigures(metrics, lanes, live)


async def test_metrics_tell_who_waits_how_long_and_each_429_once() -> None:
    hall, room = Hall(), Room()
    await room.open()
    metrics, seen = figures(hall.lanes, room.live)
    await hall.take(ANN, 3)
    async with hall.open() as tasks:
        tasks.create_task(hall.say("first", Place(ANN, Urgency.ALERT)))
        tasks.create_task(hall.say("second", Place(ANN, Urgency.ALERT)))
        await settle()
        await hall.clock.advance(0.5)
        hall.lanes.refused(BEN, 5)
        seen.refresh()
        assert value(metrics, "telegram_queue_depth", urgency="alert") == 2
        assert value(metrics, "telegram_queue_wait_seconds") == 0.5
    seen.refresh()
    seen.refresh()
    assert value(metrics, "telegram_floods_total") == 1
    assert value(metrics, "telegram_queue_depth", urgency="alert") == 0


async def test_metrics_tell_how_old_the_change_is_that_a_card_does_not_show_yet() -> None:
    room = Room()
    await room.open()
    metrics, seen = figures(room.messenger.lanes, room.live)
    async with room.running():
        await room.show()
        room.price("0.62")
        await settle()
        room.price("0.63")
        await settle()
        await room.clock.advance(1)
        seen.refresh()
        assert value(metrics, "telegram_live_cards") == 1
        assert value(metrics, "telegram_stalest_card_seconds") == 1
        await room.clock.advance(3)
        seen.refresh()
        assert value(metrics, "telegram_stalest_card_seconds") == 0
    assert value(metrics, "telegram_card_staleness_seconds_count") == 2
