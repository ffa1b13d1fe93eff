"""Frames of the market socket that are nearly well-formed: whatever type or token."""

from typing import Final

from hypothesis import strategies as st

from tests.support.scripted_venue import BEGAN, TOKEN

TEXTS: Final = st.sampled_from(
    ["0.5", "NaN", "-1", "", "1e5", "0.1234567", "2", "abc", "\u0661", "0"]
)
SIDES: Final = TEXTS | st.sampled_from(["BUY", "SELL"])
TOKENS: Final = st.sampled_from(["1", "2", "", str(TOKEN)])
ENTRIES: Final = st.fixed_dictionaries(
    {"asset_id": TOKENS, "price": TEXTS, "size": TEXTS, "side": SIDES},
    optional={"hash": TEXTS, "best_bid": TEXTS, "best_ask": st.none() | TEXTS},
)
NEARLY: Final = st.fixed_dictionaries(
    {
        "event_type": st.sampled_from(
            ["price_change", "book", "last_trade_price", "tick_size_change", "trade", "other"]
        ),
        "market": TEXTS,
        "timestamp": st.sampled_from(
            [str(BEGAN), str(BEGAN + 60_000), "1790658674035", "", "-5", "9" * 400, "0"]
        )
        | st.integers(),
    },
    optional={
        "asset_id": TEXTS | TOKENS,
        "price_changes": st.lists(ENTRIES | st.integers(), max_size=3),
        "bids": st.lists(st.fixed_dictionaries({"price": TEXTS, "size": TEXTS}), max_size=3),
        "asks": st.lists(st.fixed_dictionaries({"price": TEXTS, "size": TEXTS}), max_size=3),
        "price": TEXTS,
        "new_tick_size": TEXTS,
    },
)
