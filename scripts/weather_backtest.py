"""Forecasts of settled temperature markets, scored day by day: `make weather-backtest`."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import Final

from core.domain.weather.fitting.walking import ForecastDay, Rule, walk
from core.domain.weather.scores import ReliabilityBin, reliability
from scripts.weather_history import cities, market_days
from scripts.weather_picture import draw

ROOT: Final = Path(__file__).parents[1]
NAME: Final = "weather_backtest"
NOTE: Final = (
    "The forecasts of these histories are stitched from later model runs: the figures show "
    "calibration, not an edge over the market."
)

City = dict[str, int | dict[str, float]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts.weather_backtest")
    parser.add_argument(
        "folder", type=Path, help="of polymarket_<city>_history.json.gz and weather_…"
    )
    parser.add_argument("--to", type=Path, default=ROOT, help="where the figures are written")
    arguments = parser.parse_args()
    if not arguments.folder.is_dir():
        sys.exit(f"{arguments.folder} is no folder: nothing was written.")
    skipped: Counter[str] = Counter()
    walked = _walked(arguments.folder, skipped)
    _say_skipped(skipped)
    if not walked:
        sys.exit(f"{arguments.folder} holds no city with enough usable days: nothing was written.")
    bins = reliability(
        (said, place == each.day.place)
        for days in walked.values()
        for each in days
        for place, said in enumerate(each.said[Rule.MODEL])
    )
    figures = {city: _figures(days) for city, days in walked.items()}
    _say(figures, bins)
    _write(figures, bins, skipped, arguments.to)


def _walked(folder: Path, skipped: Counter[str]) -> dict[str, list[ForecastDay]]:
    walked = {}
    for city in cities(folder):
        days = market_days(folder, city, skipped)
        forecast = walk(city, days)
        if forecast:
            walked[city] = forecast
        elif days:
            skipped[f"city {city}: no day with a market after the first 15"] += 1
        skipped["day: no price within 12 hours of local midnight"] += sum(
            each.market is None for each in days
        )
    return walked


def _figures(days: Sequence[ForecastDay]) -> City:
    scores: City = {"n": len(days)}
    for rule in Rule:
        scores[rule.value] = {
            "brier": fmean(each.brier(rule) for each in days),
            "log_score": fmean(each.log_score(rule) for each in days),
        }
    return scores


def _say_skipped(skipped: Counter[str]) -> None:
    for reason, count in sorted((+skipped).items()):
        print(f"skipped {count:>4}  {reason}")


def _say(figures: Mapping[str, City], bins: Sequence[ReliabilityBin]) -> None:
    print(f"\n{'Brier, log score':<20}{'n':>5}" + "".join(f"{rule:>18}" for rule in Rule))
    for city, scores in figures.items():
        cells = (scores[rule.value] for rule in Rule)
        shown = (f"{c['brier']:.4f} {c['log_score']:.4f}" for c in cells if isinstance(c, dict))
        print(f"{city:<20}{scores['n']:>5}" + "".join(f"{each:>18}" for each in shown))
    means = {rule: _mean_brier(figures, rule) for rule in Rule}
    ratio = means[Rule.MODEL] / means[Rule.NAIVE]
    print(f"\nmean Brier of the model / of the naive rule, over the cities: {ratio:.3f}")
    print(f"\n{'said':>12}{'count':>8}{'mean':>8}{'seen':>8}{'90 % of chance':>18}")
    for each in bins:
        band = f"{each.band_low:.3f}..{each.band_high:.3f}"
        print(
            f"{each.low:>6.1f}..{each.high:.1f}{each.count:>9}{each.said:>8.3f}{each.seen:>8.3f}"
            f"{band:>18}"
        )
    print(f"\n{NOTE}")


def _mean_brier(figures: Mapping[str, City], rule: Rule) -> float:
    cells = (scores[rule.value] for scores in figures.values())
    return fmean(cell["brier"] for cell in cells if isinstance(cell, dict))


def _write(
    figures: Mapping[str, City],
    bins: Sequence[ReliabilityBin],
    skipped: Counter[str],
    folder: Path,
) -> None:
    written = {
        "cities": figures,
        "reliability": [asdict(each) for each in bins],
        "skipped": dict(sorted((+skipped).items())),
        "note": NOTE,
    }
    (folder / f"{NAME}.json").write_text(json.dumps(written, indent=2) + "\n", "utf-8")
    draw(
        bins, f"{', '.join(figures)}: stitched forecasts, calibration only", folder / f"{NAME}.png"
    )
    print(f"written to {folder / NAME}.json and .png")


if __name__ == "__main__":
    main()
