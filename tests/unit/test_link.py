"""Links that people paste."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.link import LinkKind, VenueLink, parse_link

EVENT = VenueLink(LinkKind.EVENT, "fed-decision-in-may")
MARKET = VenueLink(LinkKind.MARKET, "will-x-win-568")


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("https://polymarket.com/event/fed-decision-in-may", EVENT),
        ("http://www.polymarket.com/event/fed-decision-in-may/", EVENT),
        ("  polymarket.com/event/fed-decision-in-may?tid=1#top ", EVENT),
        ("HTTPS://Polymarket.COM/event/fed-decision-in-may", EVENT),
        ("https://polymarket.com/de/event/fed-decision-in-may", EVENT),
        ("https://polymarket.com/pt-br/event/fed-decision-in-may", EVENT),
        ("https://polymarket.com/market/will-x-win-568", MARKET),
        (
            "polymarket.com/event/nominee/will-x-win-568",
            VenueLink(LinkKind.MARKET, "will-x-win-568", "nominee"),
        ),
    ],
)
def test_links_to_the_venue_name_their_event_or_market(text: str, link: VenueLink) -> None:
    assert parse_link(text) == link


@pytest.mark.parametrize(
    "text",
    [
        "",
        "trump",
        "/event/fed",
        "https://evil.com/event/fed",
        "https://polymarket.com.evil.com/event/fed",
        "https://polymarket.com@evil.com/event/fed",
        "https://evil.com@polymarket.com/event/fed",
        "https://polymarket.com:8443/event/fed",
        "https://polymarket.com%2eevil.com/event/fed",
        "https://evil.com/?u=https://polymarket.com/event/fed",
        "javascript://polymarket.com/event/fed",
        "ftp://polymarket.com/event/fed",
        "//polymarket.com/event/fed",
        "https://polymarket.com\\@evil.com/event/fed",
        "https://polymаrket.com/event/fed",  # noqa: RUF001 - a look-alike letter is the point
        "https://polymarket.com/event/",
        "https://polymarket.com/event/a/b/c",
        "https://polymarket.com/event/../admin",
        "https://polymarket.com/event/Fed%20x",
        "https://polymarket.com/event/-fed",
        "https://polymarket.com/event/fed\nx",
        "https://polymarket.com/profile/0xabc",
        "https://[polymarket.com/event/fed",
        "https://polymarket.com/event/" + "a" * 300,
        "see https://polymarket.com/event/fed",
    ],
)
def test_everything_else_is_no_link_to_the_venue(text: str) -> None:
    assert parse_link(text) is None


@given(st.text(max_size=200) | st.text(max_size=80).map("https://polymarket.com/event/".__add__))
def test_no_text_raises_and_every_slug_is_plain(text: str) -> None:
    link = parse_link(text)
    assert link is None or link.slug.replace("-", "").isalnum()
