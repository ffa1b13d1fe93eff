"""What people write without a command: read as it is meant, or answered with a sentence."""

import time
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.domain.book import Side
from core.domain.link import LinkKind, VenueLink
from core.domain.order_words import Amount, At, Best, Dollars, Part, PriceWish, Shares, Times
from core.domain.units import Price, Size, Usdc
from core.domain.wish import (
    HOW_MUCH_TO_BUY,
    HOW_MUCH_TO_SELL,
    SHARES_NEED_A_PRICE,
    VENUE_ONLY,
    WHICH_MARKET,
    LinkWish,
    OrderWish,
    SearchWish,
    SlugWish,
    Unclear,
    WalletWish,
    read_wish,
)

EVENT = LinkWish(VenueLink(LinkKind.EVENT, "fed-in-may"))
LINK = "https://polymarket.com/event/fed-in-may"
WALLET = "0x" + "aB" * 20
LONG = 16_000  # characters, four times what Telegram lets anybody write
AT_ONCE = (
    1.0  # seconds of this thread's own work; it takes 0.01, or many where a pattern backtracks
)


def dollars(text: str) -> Dollars:
    return Dollars(Usdc(Decimal(text)))


def shares(text: str) -> Shares:
    return Shares(Size(Decimal(text)))


def at(text: str) -> At:
    return At(Price(Decimal(text)))


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("fed decision", SearchWish("fed decision")),
        ("  fed \n decision ", SearchWish("fed decision")),
        (LINK, EVENT),
        (f"look at this: {LINK}!", EVENT),
        (f"<{LINK}?tid=1>", EVENT),
        ("will-x-win-568", SlugWish("will-x-win-568")),
        ("Will-X-Win", SlugWish("will-x-win")),
        ("bitcoin", SearchWish("bitcoin")),
        (WALLET, WalletWish(WALLET.lower())),
        ("https://polymarket.com.evil.example/event/x", Unclear(VENUE_ONLY)),
        ("polymarket.com/profile/@somebody", Unclear(VENUE_ONLY)),
        ("Will Musk buy TikTok", SearchWish("Will Musk buy TikTok")),
        ("Who will sell", SearchWish("Who will sell")),
        ("buy gold", SearchWish("buy gold")),
    ],
)
def test_words_links_names_and_wallets_are_told_apart(text: str, wish: object) -> None:
    assert read_wish(text) == wish


@pytest.mark.parametrize(
    ("words", "side", "outcome", "amount", "price"),
    [
        ("buy yes 50", Side.BUY, "yes", dollars("50"), None),
        ("BUY Yes $50", Side.BUY, "Yes", dollars("50"), None),
        ("buy 50$ of no", Side.BUY, "no", dollars("50"), None),
        ("buy 12,5 yes", Side.BUY, "yes", dollars("12.5"), None),
        ("buy yes 1,250.50 usdc", Side.BUY, "yes", dollars("1250.5"), None),
        ("buy yes 50 @45", Side.BUY, "yes", dollars("50"), at("0.45")),
        ("buy yes 50 @ 45 c", Side.BUY, "yes", dollars("50"), at("0.45")),
        ("buy yes 50 at 0,45", Side.BUY, "yes", dollars("50"), at("0.45")),
        ("buy yes 50 45¢", Side.BUY, "yes", dollars("50"), at("0.45")),
        ("buy yes 40 shares @$0.45", Side.BUY, "yes", shares("40"), at("0.45")),
        ("buy no 50 @+5%", Side.BUY, "no", dollars("50"), Times(Decimal("1.05"))),
        ("buy no 50 @+150%", Side.BUY, "no", dollars("50"), Times(Decimal("2.5"))),
        ("buy no 50 -10%", Side.BUY, "no", dollars("50"), Times(Decimal("0.9"))),
        ("buy no 50 2x", Side.BUY, "no", dollars("50"), Times(Decimal(2))),
        ("buy yes 50 @bid", Side.BUY, "yes", dollars("50"), Best.BID),
        ("buy yes", Side.BUY, "yes", None, None),
        ("buy 50", Side.BUY, "", dollars("50"), None),
        ("sell no all", Side.SELL, "no", Part(Decimal(100)), None),
        ("sell half yes", Side.SELL, "yes", Part(Decimal(50)), None),
        ("sell yes 12.5%", Side.SELL, "yes", Part(Decimal("12.5")), None),
        ("sell yes 12.5", Side.SELL, "yes", shares("12.5"), None),
        ("sell yes all 2x", Side.SELL, "yes", Part(Decimal(100)), Times(Decimal(2))),
        ("buy Marine Le Pen 20", Side.BUY, "Marine Le Pen", dollars("20"), None),
        ("buy 76ers 20", Side.BUY, "76ers", dollars("20"), None),
    ],
)
def test_a_whole_order_is_read(
    words: str, side: Side, outcome: str, amount: Amount | None, price: PriceWish | None
) -> None:
    about_link, about_words = f"{LINK} {words}", f"fed may {words}"
    assert read_wish(about_link) == OrderWish(EVENT, side, outcome, amount, price, about_link)
    assert read_wish(about_words) == OrderWish(
        SearchWish("fed may"), side, outcome, amount, price, about_words
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("buy yes 1,000", "a thousand or a decimal"),
        ("buy yes nan", "as a number"),
        ("buy yes -inf", "as a number"),
        ("buy yes 1e5", "as a number"),
        ("buy yes -5", "as a number"),
        ("buy yes 50k", "as a number"),
        ("buy yes 1'000", "as a number"),
        ("buy yes 0", "more than zero"),
        ("buy yes 25.555", "2 decimals"),
        ("buy yes 50 60", "two amounts"),
        ("buy yes 50 @45 @46", "two prices"),
        ("buy yes 50 @145", "between 0 and 100"),
        ("buy yes 50 @-100%", "not zero"),
        ("buy yes 50 @-101%", "more than 100 %; please check"),
        ("buy yes 50 @+9901%", "more than 9,900 %; please check"),
        ("buy yes 50 @nan", "cents"),
        ("buy yes 50%", HOW_MUCH_TO_BUY),
        ("buy yes all", HOW_MUCH_TO_BUY),
        ("buy yes 40 shares", SHARES_NEED_A_PRICE),
        ("sell yes $20", HOW_MUCH_TO_SELL),
        ("sell yes", HOW_MUCH_TO_SELL),
        ("sell yes 150%", "more than 100"),
    ],
)
def test_an_order_that_cannot_be_meant_is_explained(words: str, sentence: str) -> None:
    wish = read_wish(f"{LINK} {words}")
    assert isinstance(wish, Unclear)
    assert sentence in wish.sentence


def test_an_order_about_nothing_asks_for_its_market() -> None:
    assert read_wish("buy yes 50") == Unclear(WHICH_MARKET)
    assert read_wish(f"{WALLET} buy yes 50") == Unclear(WHICH_MARKET)


pieces = st.sampled_from(
    "buy sell yes no all half max 50 $50 50$ @ @45 45c 45 c 2x +5% -5% % x $ 1,000 1.000,5 1e5 "
    "nan inf 0x12 ٤٥ ½ \u2212 shares of at bid @bid @ask . , .. ,5 5, 99999999999999999999 <b> "
    f"{LINK} {WALLET} will-x-win https:// //".split(" ")
)


@given(
    st.one_of(
        st.text(max_size=200),
        st.lists(st.one_of(pieces, st.text(max_size=8)), max_size=9).map(" ".join),
    )
)
def test_any_text_is_a_wish_or_a_clear_sentence(text: str) -> None:
    wish = read_wish(text)
    match wish:
        case Unclear(sentence):
            assert 10 < len(sentence) < 200
        case OrderWish():
            _is_possible(wish)
        case SearchWish(words):
            assert words == " ".join(text.split())
        case LinkWish() | SlugWish() | WalletWish():
            assert text.strip()


def _is_possible(wish: OrderWish) -> None:
    match wish.amount:
        case Dollars(value) | Shares(value) | Part(value):
            assert value.is_finite()
            assert value > 0
        case None:
            assert wish.side is Side.BUY
    match wish.price:
        case At(value):
            assert 0 < value < 1
        case Times(value):
            assert 0 < value <= 100


@given(st.text(min_size=1, max_size=4096))
@example("0")
@example("0,")
@example("a ")
@example("0 ")
def test_the_longest_text_is_read_at_once(text: str) -> None:
    long = (text * (LONG // len(text) + 1))[:LONG]
    began = time.thread_time()  # stands still while others have the processor
    for whole in (long, f"{LINK} buy {long}", f"x buy yes {long}", f"{long} sell yes all"):
        read_wish(whole)
    assert time.thread_time() - began < AT_ONCE
