"""The sheet that every picture is drawn on: colours, text in its place, PNG out."""

from dataclasses import dataclass
from io import BytesIO
from types import MappingProxyType
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from telegram_bot.pictures.lettering import fitted, readable, width
from telegram_bot.pictures.plans import Head, Theme

WIDTH: Final = 1080  # pixels: a phone held upright
HEIGHT: Final = 1080
DPI: Final = 100
MARGIN: Final = 56  # pixels
TITLE: Final = 38  # pixels high, as all sizes of letters
HEADLINE: Final = 84
PLAIN: Final = 34
SMALL: Final = 28
GAP: Final = 12
LINE: Final = 1.28  # of a letter's height, from line to line
LEGEND: Final = HEIGHT - MARGIN - 2 * SMALL - 16  # pixels from above
QUICK: Final = 2  # of nine levels of compression: a quarter of the time, a tenth more bytes
POINTS: Final = 72 / DPI  # in a pixel

mpl.rcdefaults()  # whatever the machine's own taste is
mpl.rcParams["text.parse_math"] = False  # a dollar is a dollar
mpl.rcParams["path.simplify"] = True


@dataclass(frozen=True, slots=True)
class Palette:
    paper: str
    ink: str
    faint: str  # second lines, ticks
    grid: str
    line: str
    gain: str
    loss: str


PALETTES: Final = MappingProxyType(
    {
        Theme.DARK: Palette(
            "#11161d", "#f2f5f8", "#9aa7b5", "#2a333e", "#5aa9ff", "#3ecf8e", "#ff6b6b"
        ),
        Theme.LIGHT: Palette(
            "#ffffff", "#14181d", "#5c6773", "#e1e6eb", "#1668d6", "#0b8a55", "#cf2f3a"
        ),
    }
)


class Sheet:
    """One picture in the making; places are pixels from the upper left corner."""

    def __init__(self, theme: Theme) -> None:
        self.palette = PALETTES[theme]
        self.figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI)
        self.figure.set_facecolor(self.palette.paper)
        FigureCanvasAgg(self.figure)

    def write(
        self, words: str, top: float, size: float, colour: str, *, left: float = MARGIN
    ) -> None:
        """One line that begins at `left`, cut where the sheet ends."""
        self._put(fitted(words, WIDTH - MARGIN - left, size, 1), left, top, size, colour)

    def write_right(self, words: str, top: float, size: float, colour: str) -> None:
        """One line that ends at the right margin."""
        lines = fitted(words, WIDTH - 2 * MARGIN, size, 1)
        self._put(lines, WIDTH - MARGIN, top, size, colour, align="right")

    def write_block(self, words: str, top: float, size: float, colour: str, most: int) -> float:
        """At most so many lines over the whole width; where the next line begins."""
        lines = fitted(words, WIDTH - 2 * MARGIN, size, most)
        self._put(lines, MARGIN, top, size, colour)
        return top + len(lines) * size * LINE

    def heading(self, head: Head, headline: str, colour: str) -> float:
        """What every picture begins with; where its own part may begin."""
        ink, faint = self.palette.ink, self.palette.faint
        top = self.write_block(readable(head.title), MARGIN, TITLE, ink, 2) + 10
        if head.outcome:
            self.write(readable(head.outcome), top, PLAIN, faint)
            top += PLAIN * LINE + 6
        self.write(headline, top, HEADLINE, colour)
        top += HEADLINE * LINE
        self.write(head.note, top, PLAIN, faint)
        return top + PLAIN * LINE

    def sign(self, whose: str, *legend: tuple[str, str]) -> None:
        """The last lines: how it is to be read, in words with their colours; whose money it is."""
        top, left = LEGEND, float(MARGIN)
        for words, colour in legend:
            self.write(words, top, SMALL, colour, left=left)
            left += width(words, SMALL) + GAP
        self.write(f"Polycool · {whose}", HEIGHT - MARGIN - SMALL, SMALL, self.palette.faint)

    def axes(self, top: float, bottom: float = LEGEND - SMALL - 40) -> Axes:
        """The graph between two heights, its scale at the right, where the newest is."""
        right = 158  # pixels for the scale
        box = (
            MARGIN / WIDTH,
            1 - bottom / HEIGHT,
            (WIDTH - MARGIN - right) / WIDTH,
            (bottom - top) / HEIGHT,
        )
        axes = self.figure.add_axes(box)
        axes.set_facecolor(self.palette.paper)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.yaxis.tick_right()
        axes.tick_params(
            colors=self.palette.faint, labelsize=SMALL * POINTS, length=0, pad=12 * POINTS
        )
        axes.grid(visible=True, axis="y", color=self.palette.grid, linewidth=1.5)
        axes.set_axisbelow(True)
        return axes

    def stripe(self, colour: str) -> None:
        """A coloured edge at the left."""
        bar = Rectangle((0, 0), 14 / WIDTH, 1, color=colour, transform=self.figure.transFigure)
        self.figure.add_artist(bar)

    def _put(
        self,
        lines: list[str],
        left: float,
        top: float,
        size: float,
        colour: str,
        *,
        align: str = "left",
    ) -> None:
        for number, line in enumerate(lines):
            self.figure.text(
                left / WIDTH,
                1 - (top + number * size * LINE) / HEIGHT,
                line,
                size=size * POINTS,
                color=colour,
                ha=align,
                va="top",
                weight="bold" if size >= TITLE else "normal",
                parse_math=False,
            )


def png(figure: Figure) -> bytes:
    out = BytesIO()
    figure.savefig(
        out, format="png", dpi=DPI, facecolor="auto", pil_kwargs={"compress_level": QUICK}
    )
    return out.getvalue()
