"""The table that is printed and the file that is written."""

import json
import platform
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Final

TARGET: Final = "bench.json"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; `aim` is what we want it to be, empty where there is no aim."""

    name: str
    value: float
    unit: str
    how: str
    aim: str = ""


def percentile(values: list[float], percent: int) -> float:
    """The value below which `percent` of `values` lie."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def show(figures: list[Figure], root: Path) -> None:
    """Print the figures and write them beside the sources."""
    width = max(len(figure.name) for figure in figures)
    print(f"\nPython {platform.python_version()}, {platform.machine()}, {platform.system()}\n")
    for figure in figures:
        aim = f"   aim {figure.aim}" if figure.aim else ""
        print(f"{figure.name:<{width}}  {figure.value:>12,.3f} {figure.unit:<10}{aim}")
    written = {
        figure.name: {
            "value": round(figure.value, 6),
            "unit": figure.unit,
            "how": figure.how,
            "aim": figure.aim,
        }
        for figure in figures
    }
    (root / TARGET).write_text(json.dumps(written, indent=2) + "\n")
    print(f"\nwritten to {TARGET}")
