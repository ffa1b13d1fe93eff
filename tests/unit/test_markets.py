"""Categories and markets."""

import pytest

from core.domain.category import category_of
from core.domain.errors import NotFound
from core.domain.units import TokenId
from tests.support.rows import market


@pytest.mark.parametrize(
    ("tags", "category", "fee_type", "name"),
    [
        (["weather", "politics"], "", "", "Weather"),
        (["Pop Culture"], "", "", "Culture"),
        (["world-elections"], "Sports", "", "Politics"),
        (["never-heard-of"], "Crypto", "", "Crypto"),
        ([], "US-current-affairs", "", "Politics"),
        ([], "Knitting", "politics_fees", "Other"),
        ([], "", "politics_fees", "Politics"),
        ([], "", "sports_fees_v2", "Sports"),
        ([], "", "geopolitics_fees", "Geopolitics"),
        ([], "", "fees", "Other"),
        ([], "", "", "Other"),
    ],
)
def test_a_market_has_one_category(
    tags: list[str], category: str, fee_type: str, name: str
) -> None:
    assert category_of(tags, category, fee_type) == name


def test_a_foreign_token_is_not_found() -> None:
    with pytest.raises(NotFound):
        market(1).outcome_of(TokenId("21"))


def test_the_complement_is_the_other_of_two() -> None:
    one = market(1)
    assert one.complement(TokenId("11")) == TokenId("12")
