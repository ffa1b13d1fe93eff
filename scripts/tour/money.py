"""Real money, as the sandbox plays it: the key, the deposit, an order, and taking money out."""

import time
from pathlib import Path
from typing import Final

from core.domain.one_time_code import STEP, one_time_code
from core.domain.units import UserId
from scripts.tour.tour import EXPIRES, Tour
from tests.support.acts import changed_over
from tests.support.live_program import traders
from tests.support.person import Message

COLD: Final = "0x" + "5c" * 20
SECRET: Final = b"of a tour and no one"
USER: Final = "SELECT id FROM users WHERE telegram_id = $1"
AGED: Final = "UPDATE withdrawal_addresses SET usable_at = now() - interval '1 hour'"
"""An address cools for a day, and the tour does not last one."""


async def sets_up_a_wallet(tour: Tour) -> None:
    await tour.asks("/start", "paper money")
    wallet = await tour.says("wallet", "/wallet", "set up a key")
    tiers = await tour.taps("wallet_keys", wallet, "Set up real money", "Which key may this bot")
    steps = await tour.taps("wallet_steps", tiers, "^Session key", "what you do now")
    ready = await tour.taps("wallet_ready", steps, "^Check$", "The key is ready")
    await tour.taps("wallet_risks", ready, "Read the risks", "Now type how many dollars")
    read = await tour.asks("400", r"typed \$400.00 a day")
    live = await tour.taps("wallet_live", read, "Trade real money", "In use: real money")
    await tour.draws("deposit", live, "^QR$", "Deposit address", "^Wallet$")
    await tour.says("limits", "/limits", "Your limits")
    await tour.taps("ticket_live", await tour.market(), r"^\$50$", EXPIRES)


async def takes_money_out(tour: Tour, keys: Path) -> None:
    ann = tour.person
    card = await changed_over(ann, "^Owner key")
    await tour.taps("approvals", card, "Give approvals", "approvals are sent")
    await _enrols(tour, keys)
    now = int(time.time()) // STEP
    empty = await _opens(tour)
    await ann.taps(empty, "^Add an address$", "Which address may be paid")
    await tour.asks(f"{COLD} my ledger", "Type the code")
    await tour.says("withdraw_address", one_time_code(SECRET, now), "is on your list")
    await tour.stage.database.rows(AGED)
    await ann.taps(await _opens(tour), "^To my ledger$", "How much to my ledger")
    await tour.says("withdraw_code", "25", "Type the code")
    asked = await tour.says("withdraw_waits", one_time_code(SECRET, now + 1), "leaves at")
    listed = await tour.taps("withdraw_list", asked, "^Withdrawals$", "(?m)^Withdraw$")
    await tour.taps("withdraw_cancelled", listed, r"^Cancel \$25", "(?m)^Cancelled")


async def _opens(tour: Tour) -> Message:
    wallet = await tour.asks("/wallet", "In use: real money")
    return await tour.person.taps(wallet, "^Withdraw$", "Only to addresses on your list")


async def _enrols(tour: Tour, keys: Path) -> None:
    """An authenticator, as the console of custody sets it up."""
    stage = tour.stage
    (user,) = await stage.database.row(USER, tour.person.id)
    async with traders(stage.program.database, keys, stage.program.exchange) as people:
        await people.enrol(UserId(int(str(user))), SECRET)
