"""Builds what makes pictures, around the one worker process."""

from core.services.fresh_books import FreshBooks
from core.services.price_histories import PriceHistories
from core.services.track_record import TrackRecord
from core.storage.models import Sessions
from infrastructure.polymarket.http import VenueHttp
from infrastructure.polymarket.price_history import ClobHistories
from infrastructure.worker.worker import Worker
from telegram_bot.context import PictureParts
from telegram_bot.pictures.album import WARM_UP, Album


def build_worker() -> Worker:
    """Not started before somebody needs it."""
    return Worker(first=WARM_UP)


def build_pictures(
    worker: Worker, http: VenueHttp, sessions: Sessions, books: FreshBooks
) -> PictureParts:
    return PictureParts(
        album=Album(worker),
        histories=PriceHistories(ClobHistories(http)),
        books=books,
        record=TrackRecord(sessions),
    )
