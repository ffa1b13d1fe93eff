"""One category per market, from whichever of the venue's words tell it."""

import re
from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

OTHER: Final = "Other"

_NAMES: Final = MappingProxyType(
    {
        "weather": "Weather",
        "crypto": "Crypto",
        "crypto-prices": "Crypto",
        "esports": "Sports",
        "sports": "Sports",
        "mentions": "Mentions",
        "geopolitics": "Geopolitics",
        "world": "Geopolitics",
        "politics": "Politics",
        "elections": "Politics",
        "world-elections": "Politics",
        "us-current-affairs": "Politics",
        "economy": "Economics",
        "economics": "Economics",
        "finance": "Finance",
        "business": "Finance",
        "stocks": "Finance",
        "tech": "Tech",
        "science": "Tech",
        "ai": "Tech",
        "culture": "Culture",
        "pop-culture": "Culture",
    }
)
_FEE_TYPE: Final = re.compile(r"([a-z_]+?)_fees(_v\d+)?", re.ASCII)
_GAP: Final = re.compile(r"[\s_]+")


def category_of(tags: Iterable[str], category: str = "", fee_type: str = "") -> str:
    """The category that the tags' slugs name, else the venue's own, else that of the fees.

    Among several tags the narrowest wins, in the order of the list above.

    >>> category_of([], fee_type="politics_fees_v2")
    'Politics'
    """
    slugs = {_slug(tag) for tag in tags}
    for slug, name in _NAMES.items():
        if slug in slugs:
            return name
    if category:
        return _NAMES.get(_slug(category), OTHER)
    fees = _FEE_TYPE.fullmatch(fee_type)
    return OTHER if fees is None else _NAMES.get(_slug(fees.group(1)), OTHER)


def _slug(text: str) -> str:
    return _GAP.sub("-", text.strip().lower())
