"""The French chat: nothing is left out, and what is drawn in it is as sound as the English."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Final

import pytest

from core.domain.units import EventId
from core.domain.weather.views import EventLine
from scripts.catalogue import collected, sources, troubles
from telegram_bot.commands import Scope, menu
from telegram_bot.context import OTHER_ACCOUNT
from telegram_bot.handlers.first_words import STILL_BUSY
from telegram_bot.handlers.ticket import EXPLANATIONS, STILL_WAITING
from telegram_bot.languages.catalogue import LOCALE, install_catalogues
from telegram_bot.languages.po import PoFile, parse
from telegram_bot.screens.notices import OLD_SCREEN
from telegram_bot.screens.numbers import counted
from telegram_bot.screens.screen import Screen
from telegram_bot.screens.text import utf16_length
from telegram_bot.screens.too_late import TOO_LATE
from telegram_bot.screens.weather import ladder_screen
from telegram_bot.words import Reader, plural, reading_as, say
from tests.support import (
    account_examples,
    admin_examples,
    alert_examples,
    examples,
    group_examples,
    picture_examples,
    portfolio_examples,
    settings_examples,
    weather_examples,
)

FRENCH: Final = Reader("fr")
MESSAGE, CAPTION, ANSWER, LABEL, MEANING = 4096, 1024, 200, 64, 256  # UTF-16 units, of Telegram
TAG: Final = re.compile(r"<(/?)(b|i|code|blockquote)>")
PLACES_ALONE: Final = re.compile(r"(?:\{\w+\}|[^A-Za-z{}])*")

NOT_OF_ONE: Final = frozenset(
    {
        "{live} of {count} prices live, the rest {oldest}",
        "Buyers wait for {bought} shares, sellers offer {offered}",
        "An order over {ours} shares is not in the exchange's book any more.",
        "An order over {ours} shares, made elsewhere, has left the book.",
        "An order over {theirs} shares, made elsewhere, is in a market we do not know.",
        "We count {ours} shares, the exchange {theirs}.",
        "{theirs} shares came into your account without a trade.",
        "{ours} shares left your account without a trade.",
        "{ours} shares were redeemed; the result is on its way to us.",
        "The position shows {ours} shares, its trades make {theirs}.",
        (
            "Only {found} of your {shares} shares find a buyer right now, so all or nothing "
            "would be nothing. No order was placed."
        ),
        "not what the fills make: {count} positions",
        "You want to sell {wanted} shares and have {shares}.",
        (
            "You want to sell {wanted} shares and have {shares}, {held} of them in open sales; "
            "cancel those first."
        ),
        "{count} buckets are more than any event has.",
        "{events} of {least} events are resolved.",
        "You have {most} alerts already; remove one first.",
        "The smallest order here is {least} shares.",
        "You hold {shares} shares.",
        "You hold {shares} shares, {held} in open sales.",
        "it shows {ours} shares, and its trades make {theirs}",
        "You watch {most} markets already; take one off the list first.",
    }
)
"""Where one is said in a sentence of its own, cannot be, or is as rare as it would be odd."""

ENGLISH_BUTTONS: Final = frozenset(
    {"Other", "Confirm", "Cancel", "Sell {percent}%", "Refresh", "Home"}
)
"""Decision 32: these words are the same in every language, with Yes, No and the amounts."""
FIELD: Final = frozenset(
    {"Wallet", "Take profit", "Stop loss", "Trailing stop", "TP / SL", "TP {distance}"}
    | {"SL {distance}", "Trail {distance}", "Post-only", "P&L", "P&amp;L {gain}"}
    | {"<b>P&amp;L · {period}</b>", "bid / ask", "spread {spread}"}
    | {"Bid {bid} · ask {ask}", "Bid {bid}", "Ask {ask}", "bid {bid} · ask {ask}"}
    | {"bid {bid} · ask {ask} · spread {spread}", "{outcome} bid {bid} · ask {ask} · {age}"}
    | {"QR", "B", "M", "K", "Spread > {step}", "trader"}
)
"""What French traders say, and how amounts are written."""
SPELT_ALIKE: Final = frozenset(
    {"Positions", "Position", "Positions {value} · {count}", "page {page}", "{minutes} min"}
    | {"{hours} h", "{seconds} s", "Transaction <code>{transaction}</code>", "Standard"}
    | {"English", "Français", "cents", "dollars"}
    | {"Version", "<b>Version</b>", "Python {version}", "Polycool {version} · {commit}"}
    | {"Score", "mod.", "<i>{words}</i>", "Brier {brier} · log {log}", "CRPS {crps} K"}
)
"""French as well, and what a language calls itself."""


@cache
def french() -> PoFile:
    return parse((LOCALE / "fr.po").read_text("utf-8"))


@pytest.fixture(autouse=True, scope="module")
def _installed() -> Iterator[None]:
    remove = install_catalogues()
    yield
    remove()


def drawn() -> dict[str, Screen]:
    return {
        **examples.examples(),
        **{f"account {name}": each for name, each in account_examples.account_examples().items()},
        **{f"admin {name}": each for name, each in admin_examples.examples().items()},
        **{f"alert {name}": each for name, each in alert_examples.alert_examples().items()},
        **{f"group {name}": each for name, each in group_examples.group_screens().items()},
        **{f"portfolio {name}": each for name, each in portfolio_examples.examples().items()},
        **{f"setting {name}": each for name, each in settings_examples.examples().items()},
        **{f"weather {name}": each for name, each in weather_examples.weather_examples().items()},
        **{f"picture {name}": each for name, each in picture_examples.captions().items()},
    }


@cache
def english_screens() -> dict[str, Screen]:
    return drawn()


def french_screens() -> dict[str, Screen]:
    with reading_as(FRENCH):
        return drawn()


def test_every_message_of_the_chat_is_in_french_with_its_places_and_tags() -> None:
    assert troubles(collected(sources()), french()) == []


def test_only_named_words_are_the_same_in_both_languages() -> None:
    alike = {
        entry.msgid
        for entry in french().entries
        if entry.msgid == entry.forms[0] and not PLACES_ALONE.fullmatch(entry.msgid)
    }
    assert alike == ENGLISH_BUTTONS | FIELD | SPELT_ALIKE


def test_words_that_stay_english_are_english() -> None:
    with reading_as(FRENCH):
        assert {say(each) for each in ENGLISH_BUTTONS} == ENGLISH_BUTTONS


def test_french_has_its_own_marks() -> None:
    """Apostrophes are curly, and no line breaks before a colon or a question mark."""
    for entry in french().entries:
        for form in entry.forms:
            text = re.sub(r"<code>.*?</code>|<[^>]*>|&\w+;", "", form)
            assert "'" not in text, form
            assert not re.search(r"[ ][:;!?%]", text), form
            assert not re.search(r"[^\W\d_}][;!?]", text), form
            assert "\u202f:" not in text, form


def test_every_screen_is_drawn_in_french() -> None:
    english, french = english_screens(), french_screens()
    alike = {name for name, each in english.items() if each.full_text == french[name].full_text}
    assert alike == set()


def test_french_screens_have_the_buttons_of_the_english_ones() -> None:
    english, french = english_screens(), french_screens()
    for name, screen in english.items():
        assert [len(row) for row in screen.rows] == [len(row) for row in french[name].rows]
        actions = [getattr(button, "action", None) for row in screen.rows for button in row]
        kept = [getattr(button, "action", None) for row in french[name].rows for button in row]
        assert actions == kept, name


def test_french_screens_keep_within_the_limits_and_are_well_formed() -> None:
    for name, screen in french_screens().items():
        rest = TAG.sub("", screen.full_text)
        limit = CAPTION if name.startswith("picture ") else MESSAGE
        assert utf16_length(html.unescape(rest)) <= limit, name
        assert not {"<", ">"} & set(rest), name
        assert is_balanced(screen.full_text), name
        for row in screen.rows:
            assert all(0 < utf16_length(each.label.strip()) <= LABEL for each in row), name


def is_balanced(text: str) -> bool:
    opened: list[str] = []
    for end, tag in TAG.findall(text):
        if not end:
            opened.append(tag)
        elif not opened or opened.pop() != tag:
            return False
    return not opened


def test_what_answers_a_tap_or_names_a_command_fits_in_french() -> None:
    answers = {*EXPLANATIONS.values(), STILL_WAITING, STILL_BUSY, OTHER_ACCOUNT}
    with reading_as(FRENCH):
        for answer in answers | {OLD_SCREEN, TOO_LATE}:
            assert utf16_length(say(answer)) <= ANSWER
        for command in menu(Scope.EVERYBODY, Scope.OWNER):
            assert 3 <= utf16_length(say(command.meaning)) <= MEANING


@pytest.mark.parametrize(
    ("message", "values", "expected"),
    [
        (
            "You get about <b>{total}</b> after all fees.",
            {"total": "$15.87"},
            "Vous recevez environ <b>$15.87</b> après tous les frais.",
        ),
        ("If not: $0.00 ({loss})", {"loss": "-$10.15"}, "Sinon\u00a0: $0.00 (-$10.15)"),
        ("<b>Sell {outcome}?</b>", {"outcome": "No"}, "<b>Vendre No\u202f?</b>"),
        ("{price} · polled {ago}", {"price": "62¢", "ago": "x"}, "62¢ · relevé x"),
        ("{span} ago", {"span": "3 s"}, "il y a 3 s"),
        ("Status unknown", {}, "État inconnu"),
        ("Nothing was done.", {}, "Rien n\u2019a été fait."),
        ("Cancelled", {}, "Annulé"),
    ],
)
def test_sentences_read_so(message: str, values: dict[str, str], expected: str) -> None:
    with reading_as(FRENCH):
        assert say(message, **values) == expected


@pytest.mark.parametrize(("n", "expected"), [(0, "0 jour"), (1, "1 jour"), (2, "2 jours")])
def test_nothing_and_one_are_singular(n: int, expected: str) -> None:
    with reading_as(FRENCH):
        assert plural("{n} day", "{n} days", n) == expected


def test_amounts_are_written_as_in_english() -> None:
    text = french_screens()["ticket_buy"].text
    assert "Vous payez $10.00 + frais $0.15 = <b>$10.15</b>" in text
    assert "Moyenne 63¢ · au pire 64¢" in text


def test_a_fact_of_the_news_is_found_in_every_language() -> None:
    screens = french_screens()
    for name in ("session_ending", "session_ended", "address_allowed", "withdrawal_requested"):
        text = screens[f"account news_{name}"].text
        assert re.search(r"\d{1,2} nov\. 2026, \d\d:03:22 UTC", text), name
        assert "moment inconnu" not in text


@pytest.mark.parametrize(
    ("amount", "english", "french"),
    [
        ("0.5", "0.5 shares", "0.5 part"),
        ("1", "1 share", "1 part"),
        ("1.5", "1.5 shares", "1.5 part"),
        ("2", "2 shares", "2 parts"),
        ("15.873", "15.873 shares", "15.873 parts"),
    ],
)
def test_shares_are_counted_as_each_language_counts(amount: str, english: str, french: str) -> None:
    number = counted(Decimal(amount))
    assert plural("{n} share", "{n} shares", number, n=amount) == english
    with reading_as(FRENCH):
        assert plural("{n} share", "{n} shares", number, n=amount) == french


def test_no_number_stands_before_a_noun_that_has_one_form() -> None:
    noun = r"(shares|orders|positions|markets|events|alerts|trades|buckets|people|prices)"
    single = {each.msgid for each in french().entries if not each.plural and not each.is_gone}
    found = {each for each in single if re.search(rf"\{{\w+\}}(</b>)? {noun}\b", each)}
    assert found == NOT_OF_ONE


def test_why_an_event_is_not_traded_is_told_in_french() -> None:
    why = "The station KXYZ is not known."
    line = EventLine(EventId("1"), "some-event", reason=why)
    with reading_as(FRENCH):
        screen = ladder_screen(replace(weather_examples.ladder_view(), line=line), examples.NOW)
        assert "La station KXYZ n\u2019est pas connue." in screen.text
