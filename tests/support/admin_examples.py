"""Every card of the owner about the program, as examples and golden files."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from core.domain.broadcasting import Audience, BroadcastProgress
from core.domain.notice import Warned
from telegram_bot.screens.admin import (
    admin_screen,
    backup_screen,
    errors_screen,
    health_screen,
    version_screen,
)
from telegram_bot.screens.admin_views import (
    BackupView,
    Disk,
    DoubtedToken,
    ErrorLine,
    HealthView,
    Overview,
    Queue,
    VersionView,
)
from telegram_bot.screens.broadcasting import (
    broadcast_question,
    draft_screen,
    expired_draft_screen,
    progress_screen,
)
from telegram_bot.screens.screen import Screen
from telegram_bot.screens.status import PartState
from tests.support import examples as given

GOLDEN: Final = Path(__file__).parents[1] / "fixtures" / "screens" / "admin"
NOW: Final = given.NOW
HOSTILE: Final = "</b><a href='tg://user?id=1'>\u202eno\u202c " + "long " * 60
GIGA: Final = 1024**3
PARTS: Final = (
    PartState("Database", True, "up"),
    PartState("Prices", False, "1 of 6 not live: never heard of (1)"),
    PartState("User channels", True, "nobody trades real money"),
)
QUEUE: Final = Queue(waiting=0, longest=0.0, floods=0, cards=1)
DOUBTED: Final = (
    DoubtedToken("Yes · Will it rain?", "suspect", "the book does not fit", 42.0),
    DoubtedToken(HOSTILE, "down", HOSTILE, None),
)
WORDS: Final = "Back in five minutes & <no> sooner.\n\nThen:\n- new prices\n\n"
BEGUN: Final = datetime(2026, 11, 21, 14, 1, tzinfo=UTC)
WARNED: Final = Warned("A thing stands in the way.")
SENDING: Final = BroadcastProgress("a1b2c3d4e5f60718", WORDS, BEGUN, people=12, sent=8, dropped=1)


def error(number: int, sentence: str = "the book could not be read") -> ErrorLine:
    return ErrorLine(NOW - timedelta(minutes=number), "telegram_bot.supervisor", sentence)


def examples() -> dict[str, Screen]:
    """By the name of its golden file."""
    health = HealthView(PARTS, (), QUEUE, "running", Disk(3 * GIGA // 2, 40 * GIGA))
    busy = replace(QUEUE, waiting=31, longest=12.0, floods=2, cards=240)
    making = BackupView("/data/backups/20261121T140000Z.dump", BEGUN, written=5_300_000)
    done = replace(making, ended=BEGUN + timedelta(seconds=7))
    version = VersionView("0.1.0", "0123456789", "0019", "3.11.7", BEGUN - timedelta(days=3))
    return {
        "admin": admin_screen(Overview((), False, 1, 0), NOW),
        "admin_halted": admin_screen(Overview(("Prices", HOSTILE), True, 5, 2), NOW),
        "health": health_screen(health, NOW),
        "health_ill": health_screen(
            replace(health, doubted=DOUBTED, queue=busy, worker="not needed yet", disk=None), NOW
        ),
        "errors": errors_screen((), NOW),
        "errors_many": errors_screen([error(each) for each in range(1, 11)], NOW),
        "errors_hostile": errors_screen([error(each, HOSTILE * 9) for each in range(1, 9)], NOW),
        "version": version_screen(version, NOW),
        "version_no_clone": version_screen(replace(version, commit=None), NOW),
        "backup_none": backup_screen(None, NOW),
        "backup_running": backup_screen(making, NOW),
        "backup_done": backup_screen(done, NOW),
        "backup_sealed": backup_screen(
            replace(done, path=f"{done.path}.sealed", is_sealed=True), NOW
        ),
        "backup_failed": backup_screen(
            replace(
                done,
                written=0,
                failure="the program pg_dump is not installed here; the database is unchanged",
            ),
            NOW,
        ),
        "broadcast_question": broadcast_question(None),
        "broadcast_again": broadcast_question(SENDING),
        "broadcast_draft": draft_screen(WORDS, Audience(12, 2, 1), SENDING.id),
        "broadcast_nobody": draft_screen(WORDS, Audience(0, 1, 0), SENDING.id),
        "broadcast_sending": progress_screen(SENDING),
        "broadcast_sent": progress_screen(replace(SENDING, sent=12, dropped=0)),
        "broadcast_expired": expired_draft_screen(10),
    }


def write_golden_files() -> None:
    """Accept the screens as they are now; look at the difference before committing it."""
    GOLDEN.mkdir(exist_ok=True)
    for name, screen in examples().items():
        (GOLDEN / f"{name}.txt").write_text(given.as_text(screen))


if __name__ == "__main__":
    write_golden_files()
