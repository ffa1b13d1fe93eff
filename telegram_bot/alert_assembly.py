"""Builds what tells people of markets, of the feed and of their day, without being asked."""

from core.services.alerts.alert_engine import AlertEngine
from core.services.alerts.alert_wishes import AlertWishes
from core.services.alerts.alerts import Alerts
from core.services.alerts.closing_watch import ClosingWatch
from core.services.alerts.digests import Digests
from core.services.alerts.feed_watch import FeedWatch
from core.services.price_board import PriceBoard
from telegram_bot.order_assembly import Shared
from telegram_bot.supervisor import Run


def build_alert_runs(shared: Shared, board: PriceBoard, alerts: Alerts) -> dict[str, Run]:
    """What has to run for alerts and the other notices of time and feed."""
    sessions, outbox = shared.sessions, shared.outbox
    engine = AlertEngine(sessions, board, alerts, outbox, AlertWishes(shared.manager))
    return {
        "alerts": engine.run,
        "feed-watch": FeedWatch(sessions, board, outbox).run,
        "closing-watch": ClosingWatch(sessions, outbox).run,
        "digests": Digests(sessions, outbox, is_dry_run=shared.settings.dry_run_mode).run,
    }
