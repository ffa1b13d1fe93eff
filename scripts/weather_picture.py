"""The reliability of forecasts as a picture, beside the figures."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from core.domain.weather.scores import ReliabilityBin


def draw(bins: Sequence[ReliabilityBin], title: str, path: Path) -> None:
    figure = Figure(figsize=(6, 6), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    said = [each.said for each in bins]
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=1, label="as said")
    axes.fill_between(
        said,
        [each.band_low for each in bins],
        [each.band_high for each in bins],
        alpha=0.2,
        label="90 % of chance",
    )
    axes.plot(said, [each.seen for each in bins], marker="o", label="seen")
    for each in bins:
        axes.annotate(str(each.count), (each.said, each.seen), (4, -12), textcoords="offset points")
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability said", ylabel="share that came")
    axes.set_title(title, fontsize=9)
    axes.legend(loc="upper left")
    figure.savefig(path, metadata={"Software": None})
