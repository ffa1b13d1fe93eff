"""What one finds, buys and sells, in the order in which one meets it."""

from scripts.tour.tour import EXPIRES, NOMINEE, Tour
from tests.support.person import Message


async def finds(tour: Tour) -> None:
    await tour.says("start", "/start", "in total")
    await tour.says("search", "maren holt", "^Search")
    markets = await tour.says("markets", "/markets", "^Markets")
    await tour.taps("categories", markets, "^Categories$", "^Categories")
    found = await tour.asks("presidential nominee", "^Search")
    event = await tour.taps("event", found, "Presidential nominee", "at most one of these")
    market = await tour.taps("market", event, NOMINEE, "bid .* ask")
    await tour.draws("chart", market, "^Chart$", NOMINEE, "^Market$")
    await tour.draws("depth", await tour.market(), "^Order book$", NOMINEE, "^Market$")
    watched = await tour.market()
    await tour.person.taps(watched, "^Watch$", "bid .* ask", button="^Unwatch$")
    await tour.says("watchlist", "/watch", "^Watchlist")


async def buys(tour: Tour) -> Message:
    """The card of the position, as the price begins to move."""
    ann = tour.person
    await tour.taps("amounts", await tour.market(), "^Yes$", "How much on Yes")
    ticket = await tour.taps("ticket", await tour.market(), r"^\$50$", EXPIRES)
    receipt = await tour.taps("receipt", ticket, "^Confirm$", "^Bought")
    position = await ann.taps(receipt, "^Position$", "P&L")
    await tour.stage.venue.set_price(tour.stage.token, "0.375")
    await ann.sees("Now 37.5¢ · live", on=position)
    await tour.shoot("position")
    return position


async def arms_and_sells(tour: Tour, position: Message) -> None:
    ann = tour.person
    presets = await tour.taps("triggers", position, "^TP / SL$", "Nothing is armed")
    await ann.taps(presets, r"^TP \+50%$", r"(?m)^1\. ")
    armed = await tour.says("triggers_all", "/triggers", r"(?m)^1\. ")
    await tour.taps("triggers_on_every_buy", armed, "^On every buy$", "^On every buy")
    await tour.says("positions", "/positions", r"(?m)^1\. ")
    ticket = await tour.taps("ticket_sell", await tour.position(), "^Sell 50%$", EXPIRES)
    await tour.taps("sold", ticket, "^Confirm$", "^Sold")
    await tour.taps("switch_side", await tour.position(), "^Switch side$", "^Switch side")
    await tour.draws("pnl_card", await tour.position(), "^P&L card$", NOMINEE, "^Position$")


async def waits_in_the_book(tour: Tour) -> None:
    """Limit orders, for real money only: how one is made, and how it rests."""
    prices = await tour.taps("limit_price", await tour.market(), "^Limit Yes", "at what price")
    amounts = await tour.taps("limit_amount", prices, "^Bid", "how much")
    ticket = await tour.taps("limit_ticket", amounts, r"\$25", "ticket expires")
    await tour.taps("limit_resting", ticket, "^Confirm$", "Resting in the book")
    orders = await tour.says("orders", "/orders", "Open orders · 1")
    await tour.taps("order", orders, r"^1\. Buy Yes", "resting in the book")


async def is_told_of_it(tour: Tour) -> None:
    """One fall of the price does both: the alert's level is passed, and the order is taken."""
    new = await tour.taps("alert_new", await tour.market(), "^Alert$", "New alert")
    await tour.person.taps(new, "↓", "or below")
    await tour.says("alerts", "/alerts", "(?m)^Alerts")
    seen = await tour.person.revision()
    await tour.stage.venue.control("trades", settle="auto", delay=0.2)
    await tour.stage.venue.set_price(tour.stage.token, "0.20")
    await tour.person.sees("(?m)^Filled", after=seen)
    await tour.is_told("notices_fill_and_alert", "Alert: Yes", after=seen)


async def sells_everything(tour: Tour) -> None:
    positions = await tour.asks("/positions", r"(?m)^1\. ")
    asked = await tour.taps("sell_everything", positions, "^Sell everything$", "^Sell everything")
    await tour.taps("sold_everything", asked, "^Sell ", "^Sold 1 of 1")
    await tour.says("pnl", "/pnl", "P&L")
    history = await tour.says("history", "/history", "^History")
    await tour.taps("history_csv", history, "^Save as CSV$", "^Your trades")
