"""Takes docs/screens/*.png from the running program: `make screens`, or some of them by name."""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Collection
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.tour import elsewhere, keeping, money, trading
from scripts.tour.camera import Camera, camera
from scripts.tour.tour import NOMINEE, Stage, Tour
from tests.support.live_program import MANY
from tests.support.person import LocalTelegram, local_telegram
from tests.support.program import running
from tests.support.venue_control import venue_control
from tests.support.watched_database import watched_database

OWNER: Final = 1001
FRIEND: Final = 1002
RICH: Final = 1003
CAREFUL: Final = 1004
EARLY: Final = 1005
EVERYBODY: Final = (OWNER, FRIEND, RICH, CAREFUL, EARLY)
SUBJECT: Final = "SELECT slug, clob_token_ids::jsonb ->> 0 FROM markets WHERE question LIKE $1"


@dataclass(frozen=True, slots=True)
class Guide:
    """Who goes where; `keys` is where the program keeps its own."""

    stage: Stage
    telegram: LocalTelegram
    camera: Camera
    keys: Path

    @asynccontextmanager
    async def of(self, user: int, group: int = 0) -> AsyncIterator[Tour]:
        async with self.camera.on(user, group) as shoot:
            yield Tour(self.stage, self.telegram.person(user), shoot)

    async def everywhere(self) -> None:
        async with self.of(EARLY) as early:
            await keeping.wants_a_digest(early)
            await self._evening()
            await early.is_told("notices_digest", "^Your day", after=0)
        async with self.of(RICH) as tour:
            await money.sets_up_a_wallet(tour)
            await trading.waits_in_the_book(tour)
            await trading.is_told_of_it(tour)
        async with self.of(CAREFUL) as tour:
            await money.takes_money_out(tour, self.keys)
        await elsewhere.founds_a_group(self.telegram, OWNER)
        async with self.of(OWNER, elsewhere.GROUP) as tour:
            await elsewhere.meets_a_group(tour, self.telegram)
        async with self.of(FRIEND) as tour:
            await elsewhere.speaks_french(tour)

    async def _evening(self) -> None:
        """The owner's: everything there is with paper money, in the order in which one meets it."""
        async with self.of(OWNER) as tour:
            await trading.finds(tour)
            position = await trading.buys(tour)
            await trading.arms_and_sells(tour, position)
            await trading.sells_everything(tour)
            await keeping.settles_in(tour)
            await keeping.owns(tour)
            await elsewhere.forecasts(tour)


async def main(wanted: Collection[str]) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("needs Chromium, as `chromium` in PATH")
    # The database may belong to another user, and keys may not lie in what is theirs.
    with _folder() as data, _folder() as keys:
        await _all(data, keys, chromium, wanted)


def _folder() -> AbstractContextManager[str]:
    return tempfile.TemporaryDirectory(
        prefix="polycool-screens-", dir="/tmp", ignore_cleanup_errors=True
    )


async def _all(data: str, keys: str, chromium: str, wanted: Collection[str]) -> None:
    settings = {
        "VENUE": "sandbox",
        "DRY_RUN_MODE": "false",
        "DATA_DIR": data,
        "KEYS_DIR": keys,
        "WEATHER_ENABLED": "true",
        "TELEGRAM_ALLOWED_USERS": ",".join(str(each) for each in EVERYBODY),
        "TELEGRAM_MESSAGES_PER_MINUTE": str(MANY),
    }
    async with (
        running(settings) as program,
        local_telegram(program.page) as telegram,
        venue_control(program.exchange) as venue,
        watched_database(program.database) as database,
        camera(chromium, program.page, wanted) as pictures,
    ):
        slug, token = await database.row(SUBJECT, f"%{NOMINEE}%")
        await venue.stand_still()
        await venue.set_price(str(token), "0.34")
        stage = Stage(program, venue, database, str(slug), str(token))
        await Guide(stage, telegram, pictures, Path(keys)).everywhere()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
