"""The table that is printed and the file that is written."""

import json
import operator
import platform
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Final

TARGET: Final = "bench.json"
COMPARISONS: Final = {
    ">=": operator.ge,
    "<=": operator.le,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; `aim` is what we want it to be ("< 20", "0"), empty without one."""

    name: str
    value: float
    unit: str
    how: str
    aim: str = ""

    @property
    def verdict(self) -> str:
        """ "ok" or "miss"; empty where there is no aim."""
        if not self.aim:
            return ""
        *sign, bound = self.aim.split()
        is_met = COMPARISONS[sign[0]] if sign else operator.eq
        return "ok" if is_met(self.value, float(bound)) else "miss"


def percentile(values: list[float], percent: int) -> float:
    """The value below which `percent` of `values` lie."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def show(figures: list[Figure]) -> list[str]:
    """Print the figures, their aims and whether they were met; the names of those that were not."""
    width = max(len(figure.name) for figure in figures)
    print(f"\nPython {platform.python_version()}, {platform.machine()}, {platform.system()}\n")
    for figure in figures:
        line = f"{figure.name:<{width}}  {figure.value:>13,.3f} {figure.unit:<9}"
        print(f"{line} {figure.aim:<8} {figure.verdict}".rstrip())
    missed = [figure.name for figure in figures if figure.verdict == "miss"]
    aims = sum(1 for figure in figures if figure.aim)
    print(f"\n{aims - len(missed)} of {aims} aims met{': missed ' if missed else ''}", end="")
    print(", ".join(missed))
    return missed


def write(figures: list[Figure], root: Path) -> None:
    """The same for programs, beside the sources."""
    written = {
        figure.name: {
            "value": round(figure.value, 6),
            "unit": figure.unit,
            "how": figure.how,
            "aim": figure.aim,
            "verdict": figure.verdict,
        }
        for figure in figures
    }
    (root / TARGET).write_text(json.dumps(written, indent=2) + "\n")
    print(f"written to {TARGET}")
