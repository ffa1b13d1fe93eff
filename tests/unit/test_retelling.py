"""What the core and the adapters say, told again in French: the same sentence, the same values."""

import re
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.errors import InvalidQuantity
from core.domain.order_words import price_wish
from core.domain.sentences import worded
from infrastructure.polymarket.trading.refusals import TABLE, in_own_words, saying
from telegram_bot.languages.catalogue import LOCALE, install_catalogues, read_catalogue
from telegram_bot.languages.recognition import Templates
from telegram_bot.screens.text import told, utf16_length
from telegram_bot.words import Reader, reading_as, retell, say

PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
LEAST_LITERAL: Final = 8  # characters of a template that are not values: ", less than " and more
SHORTEST_CUT: Final = 400  # characters of a sentence that a screen shows at least
TOLD: Final = read_catalogue(LOCALE / "fr.po").told
SHAPED: Final = sorted(each for each in TOLD if PLACE.search(each))
TEMPLATES: Final = Templates(TOLD)
ODD: Final = ("1,234.50", "0x" + "ab" * 20, "{cash}", r"\1\g<0>", "«é»", "<b>&amp;", "a\nb", "¢")


@pytest.fixture(autouse=True, scope="module")
def _installed() -> Iterator[None]:
    remove = install_catalogues()
    yield
    remove()


def in_french(text: str) -> str:
    with reading_as(Reader("fr")):
        return retell(text)


@pytest.mark.parametrize("template", SHAPED)
def test_a_filled_template_is_recognised_with_its_values(template: str) -> None:
    """Other values in every place, so that none can be taken for another."""
    names = list(dict.fromkeys(PLACE.findall(template)))
    for shift in range(len(ODD)):
        values = {name: ODD[(place + shift) % len(ODD)] for place, name in enumerate(names)}
        found = TEMPLATES.recognise(worded(template, **values))
        assert found is not None
        assert (found.template, found.values) == (template, values)
        with reading_as(Reader("fr")):
            assert in_french(worded(template, **values)) == say(template, **values)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SHAPED), st.lists(st.text(max_size=30), min_size=6, max_size=6))
def test_whatever_is_recognised_says_exactly_the_text(template: str, odd: list[str]) -> None:
    names = list(dict.fromkeys(PLACE.findall(template)))
    text = worded(template, **dict(zip(names, odd, strict=False)))
    found = TEMPLATES.recognise(text)
    if found is not None:
        assert worded(found.template, **found.values) == text


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_what_nobody_of_us_said_stays_as_it_is(text: str) -> None:
    assert in_french(f"~ {text} ~") == f"~ {text} ~"


def test_words_that_could_be_split_in_two_ways_are_not_guessed_at() -> None:
    templates = Templates(["Sell {what} in {where}."])
    assert templates.recognise("Sell Yes in Paris.") is not None
    assert templates.recognise("Sell Yes in Paris in May.") is None
    assert templates.recognise("Sell  in Paris.") is None
    assert Templates(["From {low} to {high}, by {low}."]).recognise("From 1 to 9, by 2.") is None


def test_the_template_that_says_most_is_the_one() -> None:
    templates = Templates(["{what} says: {words}", "The venue says: {words}"])
    found = templates.recognise("The venue says: no")
    assert found is not None
    assert found.template == "The venue says: {words}"


def test_a_sentence_in_a_sentence_is_told_again_as_well() -> None:
    means = worded("You have {cash} USDC", cash="5.00")
    text = worded("{means}, less than {spend}.", means=means, spend="10.00")
    assert in_french(text) == "Vous avez 5.00 USDC, moins que 10.00."
    limit = "{what} may take {most} USDC; this order is for {value}. Buy for at most {left}, or "
    limit += "have the limit raised (that takes a day)."
    text = worded(limit, what="One order", most="5.00", value="10.00", left="5.00")
    assert in_french(text).startswith("Un ordre\u00a0: 5.00 USDC au plus\u202f; cet ordre est de")


def test_the_venues_own_words_stay_as_it_said_them() -> None:
    words = "“no: The venue has banned this address from trading.”"
    assert in_french(str(in_own_words(words[1:-1]))) == (
        f"La plateforme a refusé l’ordre. Sa réponse\u00a0: {words}"  # noqa: RUF001 - French
    )


def test_every_refusal_of_the_venue_is_told_alone_and_with_its_words() -> None:
    sentences = [verdict.sentence for _, verdict in TABLE if verdict.sentence]
    assert len(sentences) > 20
    for sentence in sentences:
        french = in_french(sentence)
        assert french != sentence
        assert in_french(saying(sentence, "because")) == f"{french} Sa réponse\u00a0: “because”"


def test_english_readers_read_what_was_said() -> None:
    assert retell("There is no such market.") == "There is no such market."
    with pytest.raises(InvalidQuantity) as refused:
        price_wish("nonsense")
    assert retell(str(refused.value)) == str(refused.value)


def test_what_is_told_is_safe_and_cut_like_all_that_comes_from_outside() -> None:
    with reading_as(Reader("fr")):
        assert told("I cannot read <b> as a number; please write it plainly") == (
            "Je ne peux pas lire &lt;b&gt; comme un nombre\u202f; écrivez-le simplement"
        )
        assert told("There is no such market.", 8).endswith("…")


def test_no_template_is_so_short_or_dense_that_anything_fits_it() -> None:
    for template in SHAPED:
        first, *inner, last = PLACE.split(template)[0::2]
        assert all(inner), template
        assert sum(map(len, (first, *inner, last))) >= LEAST_LITERAL, template


def test_a_whole_sentence_fits_where_it_is_shown() -> None:
    for each in TOLD:
        assert utf16_length(in_french(each)) <= SHORTEST_CUT, each


def test_the_catalogue_tells_what_is_said_outside_of_the_chat() -> None:
    assert "There is no such market." in TOLD
    assert "Home" not in TOLD
