"""What one position made, to be shown around."""

from typing import Final

from matplotlib.figure import Figure

from telegram_bot.pictures.canvas import LINE, MARGIN, PLAIN, TITLE, WIDTH, Sheet
from telegram_bot.pictures.lettering import fitted, readable
from telegram_bot.pictures.plans import PnlPicture

LETTERS: Final = 150  # pixels high, of the one number
FACT: Final = 46
SECOND: Final = 36
GAP: Final = 36


def pnl_card(plan: PnlPicture) -> Figure:
    sheet = Sheet(plan.head.theme)
    palette = sheet.palette
    colour = _colour(plan, sheet)
    sheet.stripe(colour)
    top = sheet.write_block(readable(plan.head.title), MARGIN + 20, TITLE + 8, palette.ink, 3) + 14
    sheet.write(readable(plan.head.outcome), top, SECOND, palette.faint)
    top += TITLE * LINE + GAP
    size = _fitting(plan.headline)
    sheet.write(plan.headline, top, size, colour)
    top += size * LINE
    sheet.write(plan.head.note, top, SECOND, palette.faint)
    top += TITLE * LINE + GAP
    for name, value in plan.facts:
        sheet.write(name, top + 8, PLAIN, palette.faint)
        sheet.write_right(value, top, FACT, palette.ink)
        top += FACT * LINE + 12
    sheet.sign(plan.head.whose)
    return sheet.figure


def _colour(plan: PnlPicture, sheet: Sheet) -> str:
    if plan.profit == 0:
        return sheet.palette.ink
    return sheet.palette.gain if plan.profit > 0 else sheet.palette.loss


def _fitting(headline: str) -> float:
    """The largest letters in which all of it stands in one line."""
    sizes = (LETTERS * part / 10 for part in range(10, 3, -1))
    return next(
        (size for size in sizes if fitted(headline, WIDTH - 2 * MARGIN, size, 1) == [headline]),
        FACT,
    )
