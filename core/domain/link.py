"""Links to the venue's site, as people paste them: read, never fetched."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

HOSTS: Final = frozenset({"polymarket.com", "www.polymarket.com"})
MAX_LINK: Final = 2_048  # characters

SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,253}[a-z0-9])?", re.ASCII)
_LANGUAGE: Final = re.compile(r"[a-z]{2}(?:-[a-z]{2,4})?", re.ASCII | re.IGNORECASE)


class LinkKind(StrEnum):
    EVENT = "event"
    MARKET = "market"


@dataclass(frozen=True, slots=True)
class VenueLink:
    """What a link names. A market inside an event also tells `event_slug`."""

    kind: LinkKind
    slug: str
    event_slug: str | None = None


def market_link(slug: str) -> str | None:
    """The page of a market at the venue; None for a slug that is none."""
    return f"https://polymarket.com/market/{slug}" if SLUG.fullmatch(slug) else None


def parse_link(text: str) -> VenueLink | None:
    """The event or market that `text` links to; None if it is no link to the venue's site.

    >>> parse_link("polymarket.com/event/fed-decision?tid=1")
    VenueLink(kind=<LinkKind.EVENT: 'event'>, slug='fed-decision', event_slug=None)
    """
    path = _venue_path(text.strip())
    if path is None:
        return None
    parts = [part for part in path.split("/") if part]
    if len(parts) > 1 and parts[0] not in set(LinkKind) and _LANGUAGE.fullmatch(parts[0]):
        parts = parts[1:]
    match parts:
        case ["event", slug] if SLUG.fullmatch(slug):
            return VenueLink(LinkKind.EVENT, slug)
        case ["event", event, slug] if SLUG.fullmatch(event) and SLUG.fullmatch(slug):
            return VenueLink(LinkKind.MARKET, slug, event)
        case ["market", slug] if SLUG.fullmatch(slug):
            return VenueLink(LinkKind.MARKET, slug)
        case _:
            return None


def _venue_path(text: str) -> str | None:
    """The path behind one of the venue's hosts, exactly: no user, no port, no look-alike."""
    if not text or len(text) > MAX_LINK or not text.isascii() or not text.isprintable():
        return None
    if " " in text or "\\" in text:
        return None
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
    except ValueError:  # brackets that are no address
        return None
    if parts.scheme not in {"http", "https"} or parts.netloc.lower() not in HOSTS:
        return None
    return parts.path
