"""The exchange as a web application on one port, and the task that makes it live.

Everything answers at the venue's own paths: Gamma and the CLOB differ in `/markets/...` by the
form of the id (digits or 0x), and both also answer below `/gamma` and `/clob`. Control is JSON:

| Command | Body (`?` = optional) |
|---|---|
| `POST /control/price` | `token, price, spread?, size?, levels?, via?` ("deltas", "books") |
| `POST /control/book` | `token, bids, asks, via?`; levels are `[price, size]` strings |
| `POST /control/trade` | `token, price, size, side?`: told, the book stays |
| `POST /control/order` | `token, side, size, price?`: matches; without a price it takes |
| `POST /control/flow` | `rate`: orders a second, 0 = still |
| `POST /control/resolve` | `market, payouts?, whole_event?`; a market by id, 0x, slug or token |
| `POST /control/pause` | `market, paused?` |
| `POST /control/close` | `market` |
| `POST /control/tick` | `market, tick` |
| `POST /control/new-market` | `question, chance?` |
| `POST /control/drop` | `connections?, code?`: without a code it breaks off |
| `POST /control/freeze` | `tokens?, connections?, frozen?`: no data, PONG goes on |
| `POST /control/deaf`, `/control/mute` | `on?`: ignores subscriptions; sends no PONG |
| `POST /control/bookless` | `tokens?, on?`: subscriptions bring no first book, changes come |
| `POST /control/squeeze` | `bytes`: who lags behind by more is hung up on |
| `POST /control/corrupt` | `kind, every?, count?, event?, tokens?, connections?`, see below |
| `POST /control/burst` | `token, orders?`: a frame each, all at once |
| `POST /control/crossed` | `token, seconds?`: a bid at the best ask; 0 = gone in the next frame |
| `POST /control/clock` | `shift`: seconds that the venue's timestamps are ahead; negative = old |
| `POST /control/faults` | `path, count?, status?, hang?, garbage?, retry_after?`; `*` in paths |
| `GET /control/faults` | how many of them are left |
| `POST /control/heal` | ends all faults |
| `GET /control/weather` | what every temperature event will be decided by |
| `POST /control/weather/shift` | `celsius, station?, model?`: forecasts are so much warmer |
| `POST /control/weather/observe` | `station, celsius`: it reports that now |
| `POST /control/weather/spoil` | `provider, fault?`, see below |
| `POST /control/weather/settle` | `event`: by id or slug, ends it by the truth |
| `POST /control/replay/start` | |
| `GET /control/replay` | `wait?` (seconds, for the end) |
| `GET /control/connections` | |
| `GET /control/state` | `token` |
| `GET /control/wait` | `token, subscribed?, timeout?` |
| `POST /control/wallet` | `address, signature_type?, funder?, cash?, allowance?, shares?, …` |
| `GET /control/wallet` | `address`: of the money or of its owner; `/control/wallets` lists all |
| `POST /control/redeem` | `address, market?`: shares of what ended become money |
| `GET /control/orders` | `wallet?, hash?`: orders taken, how often each hash was posted |
| `POST /control/order-faults` | `kind, when?, count?, seconds?, path?, method?, lasting?` |
| `GET /control/order-faults` | which still wait, and how often each happened |
| `POST /control/trades` | `settle?` (auto, hold, retry, fail), `delay?, failing?`; `id, status` |
| `GET /control/trades` | `wallet?`: every trade with an account in it |
| `POST /control/user-channel` | `kind?` freeze, silent, duplicate, reorder, drop, clear; `times?` |
| `GET /control/user-channel` | `listeners?`: waits for so many |
| `POST /control/cancel` | `id, status?`: the venue cancels, in its own words |
| `POST /control/taker-delay` | `market, seconds`: what takes is `delayed` first |
| `POST /control/look-ups` | `active_only`: `/data/order/{id}` knows nothing of what ended |
| `POST /control/heartbeats` | `limit`: seconds of silence that cancel all |
| `POST /control/rate-limits` | `tier?, enforced?` |
| `POST /control/geoblock` | `blocked, country?, region?` |
| `POST /control/relayer` | `delay?, hold?, failing?, busy?, bridged?, skip?`, see below |
| `GET /control/relayer` | what was submitted, and what has left the wallets |

Kinds of corruption: `garbage`, `giant` (`megabytes?`), `text` (`text`) are sent now; `skip`,
`duplicate`, `reorder`, `late` (a copy of an old frame), `wrong_hash` and `cut` (half of it is
missing) happen to every k-th frame, perhaps only of one `event`; with `lag` all come k frames late.
A fault on the path `/ws/market` refuses the socket's handshake;
`garbage` in a fault is HTML where JSON should be. What each of them does to the product, and how
soon it is noticed, stands in `docs/reliability.md`.

A wallet also takes `session_keys` (by key its end in Unix seconds, null = none, 0 = revoked),
`closed_only` and `banned`. What is named is set, not added; `allowance` is "max" or USDC, and a new
wallet allows everything. Amounts are decimal strings; `shares` are by token. Unasked, the exchange
knows no wallet; with the option `open_accounts` whoever makes an API key for the first time gets
1,000 pUSD and all allowances, and the first funder that its orders name becomes its own.

Kinds of order faults: `hang`, `reset`, `500`, `502-html`, `truncated`, `wrong-id`,
`success-true-with-error`, `425`, `429`, `503-cancel-only`, `503-post-only`, `503-disabled`. `when`:
`before` = nothing was accepted, `after` = it was, and the answer is lost, `late` = it is accepted
`seconds` after the answer, or after a client that hung gave up. `path` may hold `*`; `method` is
POST, DELETE (cancels) or GET (look-ups). `lasting` makes a phase of so many seconds.
`/control/heal` ends all of these.

Open-Meteo, api.weather.gov and aviationweather.gov answer at their own paths from one made-up
weather, by which temperature events are settled an hour after their day. Faults of `open-meteo`:
`absurd`, `disordered`, `duplicate`, `elsewhere`, `fahrenheit`, `gap`, `lengths`, `nulls`,
`outlier`, `stale`, `unitless`; of `nws`: `absurd`, `nulls`, `stale`, `unitless`; of `metar`:
`future`, `malformed`, `silent`, `stale`. `/control/faults` makes any of their paths fail.

The relayer answers below `/relayer`. A submission passes from NEW to EXECUTED, MINED (then it has
happened) and CONFIRMED, `delay` seconds apart; `hold` keeps new ones in NEW. `failing`: so many of
the next ones fail on the chain; `busy`: so many are refused because the wallet is; `bridged`:
USDC.e by address; `skip`: that wallet has a turn elsewhere. Order faults work on `/relayer/submit`.
"""

import asyncio
from typing import Final

from aiohttp import WSCloseCode, web

from infrastructure.sandbox.exchange import control_bursts, control_feed, control_markets
from infrastructure.sandbox.exchange.accounts.routes import (
    account_controls,
    account_routes,
    public_routes,
)
from infrastructure.sandbox.exchange.clob import clob_routes, markets
from infrastructure.sandbox.exchange.clob_requests import refusals
from infrastructure.sandbox.exchange.control_errors import control_guard
from infrastructure.sandbox.exchange.control_weather import weather_routes
from infrastructure.sandbox.exchange.exchange import EXCHANGE, ExchangeSandbox
from infrastructure.sandbox.exchange.gamma import gamma_routes
from infrastructure.sandbox.exchange.market_socket import market_socket
from infrastructure.sandbox.exchange.relayer.api import open_relayer

SHORTEST_BEAT: Final = 0.005  # seconds; faster flows act several times a beat
LONGEST_BEAT: Final = 0.25
SLICE: Final = 0.01  # seconds of work before others get a turn
LARGEST_DEBT: Final = 1.0  # seconds of flow to catch up with after a delay


def exchange_app(exchange: ExchangeSandbox) -> web.Application:
    faults = (exchange.rest_faults.middleware, exchange.accounts.faults.middleware)
    app = web.Application(middlewares=[control_guard, *faults, refusals])
    app[EXCHANGE] = exchange
    app.add_routes([*_control_routes(), *account_controls(), *weather_routes(exchange)])
    app.add_routes([web.get(f"{prefix}/ws/market", market_socket) for prefix in ("", "/clob")])
    app.add_routes([*account_routes(), *account_routes("/clob"), *public_routes()])
    app.add_routes([*clob_routes(), *gamma_routes()])  # 0x ids are tried before any other
    app.add_routes([*clob_routes("/clob"), web.get("/clob/markets", markets)])
    app.add_routes(gamma_routes("/gamma"))
    open_relayer(app)
    app.on_shutdown.append(_let_go)
    return app


async def run_flow(exchange: ExchangeSandbox) -> None:
    """Trade until cancelled; with a recording, play it once and return."""
    if exchange.replay is not None:
        await exchange.replay.run(exchange.hub, exchange.find)
        return
    clock = asyncio.get_running_loop().time
    debt, last = 0.0, clock()
    while True:
        await exchange.hub.until(lambda: exchange.rate > 0)
        await asyncio.sleep(min(max(1 / exchange.rate, SHORTEST_BEAT), LONGEST_BEAT))
        now = clock()
        debt = min(debt + (now - last) * exchange.rate, LARGEST_DEBT * exchange.rate + 1)
        last = now
        while debt >= 1 and clock() - now < SLICE:
            exchange.step()
            debt -= 1


async def _let_go(app: web.Application) -> None:
    """End what could hold up the shutdown: hanging requests, open sockets."""
    app[EXCHANGE].rest_faults.scripted.clear()
    app[EXCHANGE].accounts.close()
    async with asyncio.TaskGroup() as tasks:
        for number, socket in app[EXCHANGE].sockets.items():
            closing = socket.close(code=WSCloseCode.GOING_AWAY)
            tasks.create_task(closing, name=f"close-socket-{number}")


def _control_routes() -> list[web.RouteDef]:
    return [
        web.post("/control/price", control_markets.set_price),
        web.post("/control/book", control_markets.set_book),
        web.post("/control/trade", control_markets.print_trade),
        web.post("/control/order", control_markets.place_order),
        web.post("/control/flow", control_markets.set_flow),
        web.post("/control/resolve", control_markets.resolve),
        web.post("/control/pause", control_markets.pause),
        web.post("/control/close", control_markets.close),
        web.post("/control/tick", control_markets.set_tick),
        web.post("/control/new-market", control_markets.new_market),
        web.get("/control/state", control_markets.state),
        web.post("/control/drop", control_feed.drop),
        web.post("/control/freeze", control_feed.freeze),
        web.post("/control/deaf", control_feed.deaf),
        web.post("/control/mute", control_feed.mute),
        web.post("/control/bookless", control_feed.bookless),
        web.post("/control/squeeze", control_feed.squeeze),
        web.post("/control/corrupt", control_feed.corrupt),
        web.post("/control/burst", control_bursts.burst),
        web.post("/control/crossed", control_bursts.crossed),
        web.post("/control/clock", control_bursts.clock),
        web.post("/control/faults", control_feed.faults),
        web.get("/control/faults", control_feed.scripted),
        web.post("/control/heal", control_feed.heal),
        web.post("/control/replay/start", control_feed.start_replay),
        web.get("/control/replay", control_feed.replay),
        web.get("/control/connections", control_feed.connections),
        web.get("/control/wait", control_feed.wait),
    ]
