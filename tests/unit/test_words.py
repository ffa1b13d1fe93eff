"""Words for people: looked up in the reader's language, and filled with whatever there is."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from gettext import NullTranslations

import pytest

from telegram_bot.screens.screen import home_button
from telegram_bot.screens.times import clock_time, date_clock, date_time, day_clock, ending
from telegram_bot.words import Reader, install, mark, plural, reader, reading_as, say

NOON = datetime(2026, 12, 31, 12, 0, 7, tzinfo=UTC)
MESSAGES = {
    "Home": "Accueil",
    "You pay {value}": "Vous payez {value}",
    "{sold} of {held} sold": "Sur {held}, {sold} vendus",
    "Dec": "déc.",
    "Ends {moment} · in {span}": "Fin {moment} · dans {span}",
}


class French(NullTranslations):
    """The few words that these tests read; zero is singular there."""

    def gettext(self, message: str) -> str:
        return MESSAGES.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        forms = {"{n} order": ("{n} ordre", "{n} ordres")}
        one, many = forms.get(msgid1, (msgid1, msgid2))
        return one if n < 2 else many


FRENCH = Reader("fr")


@contextmanager
def installed(language: str, catalogue: NullTranslations) -> Iterator[None]:
    remove = install(language, catalogue)
    try:
        yield
    finally:
        remove()


@pytest.fixture(autouse=True)
def _french() -> Iterator[None]:
    with installed("fr", French()):
        yield


def test_without_a_reader_words_are_english_and_times_are_utc() -> None:
    assert reader() == Reader("en", UTC)
    assert say("You pay {value}", value="$5.00") == "You pay $5.00"
    assert clock_time(NOON) == "12:00:07 UTC"


def test_words_are_said_in_the_readers_language() -> None:
    with reading_as(FRENCH):
        assert say("You pay {value}", value="$5.00") == "Vous payez $5.00"
        assert home_button().label == "Accueil"
    assert home_button().label == "Home"


@pytest.mark.parametrize("language", ["fr-CA", "fr_CA", "FR"])
def test_a_region_without_a_catalogue_reads_that_of_its_language(language: str) -> None:
    with reading_as(Reader(language)):
        assert say("Home") == "Accueil"


def test_a_catalogue_that_is_taken_away_leaves_the_one_before() -> None:
    with installed("fr", NullTranslations()), reading_as(FRENCH):
        assert say("Home") == "Home"
    with reading_as(FRENCH):
        assert say("Home") == "Accueil"


def test_what_nobody_translated_stays_english() -> None:
    with reading_as(FRENCH):
        assert say("Positions") == "Positions"
    with reading_as(Reader("tlh")):
        assert say("Home") == "Home"


def test_a_translation_may_put_its_values_elsewhere() -> None:
    with reading_as(FRENCH):
        assert say("{sold} of {held} sold", sold=1, held=2) == "Sur 2, 1 vendus"


def test_a_message_of_a_table_is_the_same_until_it_is_said() -> None:
    with reading_as(FRENCH):
        assert mark("Home") == "Home"
        assert say(mark("Home")) == "Accueil"


def test_nothing_said_is_nothing_also_where_a_catalogue_describes_itself_so() -> None:
    class Header(NullTranslations):
        def gettext(self, message: str) -> str:
            return message or "Content-Type: text/plain"

    with installed("de", Header()), reading_as(Reader("de")):
        assert say("") == ""


@pytest.mark.parametrize(
    ("n", "english", "french"),
    [(0, "0 orders", "0 ordre"), (1, "1 order", "1 ordre"), (2, "2 orders", "2 ordres")],
)
def test_each_language_counts_in_its_own_way(n: int, english: str, french: str) -> None:
    assert plural("{n} order", "{n} orders", n) == english
    with reading_as(FRENCH):
        assert plural("{n} order", "{n} orders", n) == french


def test_a_counted_message_has_other_values_beside_its_number() -> None:
    told = plural("{n} order in {market}", "{n} orders in {market}", 3, market="Rain?")
    assert told == "3 orders in Rain?"


@pytest.mark.parametrize(
    "hostile",
    ["{value}", "{0}", "{value.__class__}", "{", "}}", "{{}}", "%s", r"\1 \g<0>", "{other}"],
)
def test_a_value_is_never_looked_into(hostile: str) -> None:
    assert say("<b>{value}</b> or {other}", value=hostile, other="x") == f"<b>{hostile}</b> or x"


def test_braces_around_anything_but_a_value_stay() -> None:
    assert say('Write {"a": 1}') == 'Write {"a": 1}'
    assert say("Write {} or {x} for {value}", value=1) == "Write {} or {x} for 1"


def test_a_translation_reaches_nothing_but_its_values() -> None:
    class Mistaken(NullTranslations):
        def gettext(self, message: str) -> str:
            return "{value.__class__} {missing} {value!r} " + message

    with installed("de", Mistaken()), reading_as(Reader("de")):
        assert say("{value}", value=1) == "{value.__class__} {missing} {value!r} 1"


def _fail_as(someone: Reader) -> None:
    with reading_as(someone):
        assert reader() is someone
        raise ZeroDivisionError


def test_a_reader_within_a_reader_gives_way_again_also_after_a_failure() -> None:
    with reading_as(FRENCH):
        with pytest.raises(ZeroDivisionError):
            _fail_as(Reader("de"))
        assert reader() is FRENCH
    assert reader() == Reader()


async def test_readers_who_are_answered_at_the_same_time_keep_their_own_words() -> None:
    both_read = asyncio.Barrier(2)

    async def read(someone: Reader) -> str:
        with reading_as(someone):
            await both_read.wait()
            return say("Home")

    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        french = tasks.create_task(read(FRENCH))
        english = tasks.create_task(read(Reader()))
    assert (french.result(), english.result()) == ("Accueil", "Home")


async def test_a_task_reads_as_whoever_began_it() -> None:
    async def later() -> str:
        await asyncio.sleep(0)
        return say("Home")

    with reading_as(FRENCH):
        task = asyncio.create_task(later())
    async with asyncio.timeout(20):
        assert await task == "Accueil"
    assert say("Home") == "Home"


def test_times_are_those_of_the_readers_zone() -> None:
    with reading_as(Reader(zone=timezone(timedelta(hours=9), "JST"))):
        assert clock_time(NOON) == "21:00:07 JST"
        assert date_time(NOON) == "31 Dec 2026, 21:00 JST"
    with reading_as(Reader(zone=timezone(timedelta(hours=14)))):
        assert day_clock(NOON) == "1 Jan, 02:00:07 UTC+14:00"
        assert date_clock(NOON) == "1 Jan 2027, 02:00:07 UTC+14:00"


def test_the_names_of_months_are_words_as_well() -> None:
    with reading_as(Reader("fr", timezone(timedelta(hours=1), "CET"))):
        told = ending(NOON, datetime(2026, 12, 31, 10, tzinfo=UTC))
    assert told == "Fin 31 déc. 2026, 13:00 CET · dans 2 h"
