"""Every screen of settings and people, of somebody imagined."""

from dataclasses import replace
from datetime import time
from decimal import Decimal
from typing import Final

from core.domain.account import Account
from core.domain.account_views import AccountState
from core.domain.errors import InvalidQuantity
from core.domain.notice import NoticeKind
from core.domain.preferences import DEFAULTS, ConfirmMode, NoticeMode, UserPreferences
from core.domain.units import Usdc, UserId
from core.domain.user import Member, Role, User
from telegram_bot.questions import CodeFor
from telegram_bot.screens.notices import try_again
from telegram_bot.screens.people import (
    changed_words,
    invitation_screen,
    people_screen,
    person_screen,
)
from telegram_bot.screens.screen import Screen
from telegram_bot.screens.setting_questions import setting_question, zones_screen
from telegram_bot.screens.setting_words import change_words
from telegram_bot.screens.settings import (
    SettingsView,
    confirming_screen,
    language_line,
    languages_screen,
    notice_modes_screen,
    paper_screen,
    settings_screen,
)
from telegram_bot.settings_actions import SetConfirmMode, Setting, TypeSetting
from tests.support import examples as given
from tests.support.examples import NOW

GOLDEN: Final = given.GOLDEN / "settings"
MOST: Final = Decimal(5)
CHOSEN: Final = UserPreferences(
    language="fr",
    zone="Europe/Paris",
    confirm_mode=ConfirmMode.FAST,
    confirm_from=Usdc(Decimal("12.50")),
    fast_cap=Usdc(Decimal(200)),
    quick_amounts=(Usdc(Decimal(1)), Usdc(Decimal("2.50")), Usdc(Decimal(1000))),
    slippage=Decimal("1.5"),
    dust_below=Usdc(Decimal(0)),
    quiet_from=time(22),
    quiet_until=time(7, 30),
    digest_at=time(8),
    notice_modes={NoticeKind.ALERT: NoticeMode.SILENT, NoticeKind.FEED: NoticeMode.OFF},
)
HOSTILE_NAME: Final = "</b><a href='tg://user?id=1'>Ben</a>\u202e"


def view(chosen: UserPreferences = DEFAULTS) -> SettingsView:
    return SettingsView(chosen, MOST, has_factor=None, is_owner=False, now=NOW)


def member(
    number: int, role: Role = Role.TRADER, *, is_blocked: bool = False, name: str = ""
) -> Member:
    user = User(UserId(number), 1000 + number, name or f"Person {number}", role)
    return Member(user, is_blocked)


ANN: Final = member(1, Role.OWNER, name="Ann")
BEN: Final = member(2, Role.VIEWER, name=HOSTILE_NAME)
CAT: Final = member(3, is_blocked=True, name="Cat")


def settings_examples() -> dict[str, Screen]:
    """By the name of its golden file."""
    owner = replace(view(CHOSEN), has_factor=True, is_owner=True)
    live, held = Account.LIVE, "No live wallet is ready."
    refused = InvalidQuantity("That is no time of day. Please write for example 8:30")
    return {
        "settings": settings_screen(view()),
        "settings_chosen": settings_screen(owner, change_words(DEFAULTS, CHOSEN, NOW)),
        "settings_unguarded": settings_screen(replace(view(), has_factor=False)),
        "settings_same": settings_screen(view(), change_words(CHOSEN, CHOSEN, NOW)),
        "confirming": confirming_screen(DEFAULTS, has_factor=False),
        "confirming_chosen": confirming_screen(CHOSEN, has_factor=True),
        "notice_modes": notice_modes_screen(CHOSEN),
        "languages": languages_screen(CHOSEN, ("en", "fr")),
        "language_line": language_line(CHOSEN, ("en", "fr")),
        "paper_only": paper_screen(None),
        "paper": paper_screen(AccountState(Account.PAPER, Account.PAPER)),
        "paper_held": paper_screen(AccountState(Account.PAPER, live, held)),
        "paper_live": paper_screen(AccountState(live, live)),
        "zones": zones_screen("<b>", ("America/Argentina/ComodRivadavia", "Europe/Paris")),
        "refused": try_again(refused, TypeSetting(Setting.DIGEST)),
        "code_refused": try_again(refused, CodeFor(SetConfirmMode(ConfirmMode.FAST))),
        **{f"question_{one}": setting_question(one, CHOSEN, MOST) for one in Setting},
        "question_first_quiet": setting_question(Setting.QUIET, DEFAULTS, MOST),
    }


def people_examples() -> dict[str, Screen]:
    """By the name of its golden file."""
    many = [member(number) for number in range(4, 12)]
    return {
        "people": people_screen((ANN, BEN, CAT)),
        "people_next": people_screen([ANN, BEN, *many], 1),
        "person_owner": person_screen(ANN),
        "person_viewer": person_screen(BEN, changed_words(BEN)),
        "person_blocked": person_screen(CAT),
        "invitation": invitation_screen("https://t.me/polycool_bot?start=i_abc", Role.VIEWER),
    }


def examples() -> dict[str, Screen]:
    return {**settings_examples(), **people_examples()}


def write_golden_files() -> None:
    """Accept the screens as they are now; look at the difference before committing it."""
    GOLDEN.mkdir(exist_ok=True)
    for name, screen in examples().items():
        (GOLDEN / f"{name}.txt").write_text(given.as_text(screen))


if __name__ == "__main__":
    write_golden_files()
