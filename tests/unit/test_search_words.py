"""Words nearly right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.search_words import leaving_out, loosely, mistakes, nearest, pieces

KNOWN = [
    ("trump", 90),
    ("tramp", 1),
    ("triumph", 3),
    ("election", 50),
    ("bitcoin", 70),
    ("rain", 9),
]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("trmup", ("trump",)),
        ("trump", ("trump",)),
        ("electoin", ("election",)),
        ("elecsion", ("election",)),
        ("bitcon", ("bitcoin",)),
        ("btcoin", ("bitcoin",)),
        ("trmp", ("trump", "tramp")),
        ("rin", ()),
        ("zebra", ()),
        ("2026", ()),
    ],
)
def test_a_mistyped_word_is_taken_for_the_nearest(word: str, meant: tuple[str, ...]) -> None:
    assert nearest(word, KNOWN) == meant


short = st.text("abc", max_size=6)


@given(short, short, short)
def test_mistakes_are_a_distance(first: str, second: str, third: str) -> None:
    assert mistakes(first, second) == mistakes(second, first)
    assert (mistakes(first, second) == 0) is (first == second)
    assert mistakes(first, second) <= max(len(first), len(second))
    assert abs(len(first) - len(third)) <= mistakes(first, third)


def test_a_number_is_no_beginning_of_another() -> None:
    assert (loosely("100"), loosely("elec"), loosely("x")) == ("100", "elec:*", "x")


def test_all_words_but_some() -> None:
    assert leaving_out(["a", "b"], 0) == "(a & b)"
    assert leaving_out(["a", "b", "c"], 1).count("|") == 2
    assert ("super", "bowl") in pieces("superbowl")
