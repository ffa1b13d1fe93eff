"""The tour's camera: a browser as wide as a phone, and pictures of as few bytes as do."""

import io
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from tests.support.program import ROOT

FOLDER: Final = ROOT / "docs" / "screens"
PHONE: Final = ViewportSize(width=390, height=844)
FLAT: Final = """
document.documentElement.style.setProperty('--wall', '#c8dfd0');
document.getElementById('toast').hidden = true;
"""
"""The wall's gradient would be most of the file, and a passing word hides buttons."""
COLOURS: Final = 128
ARGUMENTS: Final = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]

Shoot = Callable[[str], Awaitable[None]]


class Camera:
    """Keeps what is wanted, by name; everything where nothing is named."""

    def __init__(self, browser: Browser, page: str, wanted: Collection[str]) -> None:
        self._browser = browser
        self._page = page
        self._wanted = wanted

    @asynccontextmanager
    async def on(self, user: int, group: int = 0) -> AsyncIterator[Shoot]:
        """In front of that user's chat with the bot, or of a group."""
        page = await self._browser.new_page(viewport=PHONE, device_scale_factor=1.5)
        await page.goto(f"{self._page}/?user={user}" + (f"&group={group}" if group else ""))

        async def shoot(name: str) -> None:
            if not self._wanted or name in self._wanted:
                await keep(page, FOLDER / f"{name}.png")

        yield shoot
        await page.close()


@asynccontextmanager
async def camera(chromium: str, page: str, wanted: Collection[str]) -> AsyncIterator[Camera]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield Camera(browser, page, wanted)
        await browser.close()


async def keep(page: Page, path: Path) -> None:
    """As few bytes as the chat's flat colours need."""
    await page.wait_for_load_state("networkidle")
    await page.evaluate(FLAT)
    shot = await page.screenshot(animations="disabled")
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS).save(path, optimize=True)
