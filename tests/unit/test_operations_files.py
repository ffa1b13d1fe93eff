"""The dashboard and the alert rules name metrics that exist, and every metric is explained."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.metrics_core import Metric

from infrastructure.telemetry.metrics import Metrics

FOLDER = Path(__file__).parents[2] / "docs" / "operations"
SUFFIXES = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count"),
}
WORDS = {"and", "or", "unless", "by", "on", "le", "sum", "rate", "increase", "absent", "abs"} | {
    "histogram_quantile",
    "topk",
}
RULE = re.compile(
    r"      - alert: (?P<alert>[A-Z]\w+)\n"
    r"        expr: (?P<expr>\S.*)\n"
    r"(?:        for: \d+[sm]\n)?"
    r"        labels:\n          severity: (?:warning|critical)\n"
    r"        annotations:\n          summary: (?P<summary>\S.*)\n          todo: (?P<todo>\S.*)\n"
)
Json = dict[str, Any]  # a dashboard's


def families() -> list[Metric]:
    return list(Metrics().registry.collect())


def samples() -> set[str]:
    """Every name that Prometheus can be asked for."""
    return {family.name + suffix for family in families() for suffix in SUFFIXES[str(family.type)]}


def names(expression: str) -> set[str]:
    """The metrics in a PromQL expression: no labels, ranges, numbers or functions."""
    bare = re.sub(r"\{[^}]*\}|\[\w+\]|\b(?:by|on) \([^)]*\)", "", expression)
    return set(re.findall(r"\b[a-z_]\w*", bare)) - WORDS


def dashboard() -> Json:
    read: Json = json.loads((FOLDER / "grafana-dashboard.json").read_text(encoding="utf-8"))
    return read


def panels() -> list[Json]:
    found: list[Json] = dashboard()["panels"]
    return found


def expressions() -> Iterator[str]:
    for panel in panels():
        for target in panel["targets"]:
            yield target["expr"]


def rules() -> list[re.Match[str]]:
    return list(RULE.finditer((FOLDER / "alerts.yml").read_text(encoding="utf-8")))


def test_the_names_in_an_expression_are_found() -> None:
    assert names('sum by (le) (rate(a_bucket{event!="pong"}[5m])) > 2 and on (x) b_total') == {
        "a_bucket",
        "b_total",
    }


def test_every_panel_shows_metrics_that_exist() -> None:
    assert len(panels()) > 10
    for expression in expressions():
        assert names(expression)
        assert names(expression) <= samples(), expression


def test_every_metric_is_on_the_dashboard() -> None:
    shown = set().union(*map(names, expressions()))
    for family in families():
        ours = {family.name + suffix for suffix in SUFFIXES[str(family.type)]}
        assert ours & shown, family.name


def test_the_panels_are_named_explained_and_do_not_overlap() -> None:
    assert len({panel["id"] for panel in panels()}) == len(panels())
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        assert panel["title"]
        assert panel["description"]
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (place["x"] + column, place["y"] + row)
            for column in range(place["w"])
            for row in range(place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


def test_the_dashboard_lets_its_reader_choose_the_prometheus() -> None:
    (variable,) = dashboard()["templating"]["list"]
    assert (variable["type"], variable["query"]) == ("datasource", "prometheus")
    for panel in panels():
        assert panel["datasource"]["uid"] == f"${{{variable['name']}}}"


def test_every_alert_is_whole_and_asks_for_metrics_that_exist() -> None:
    text = (FOLDER / "alerts.yml").read_text(encoding="utf-8")
    assert len(rules()) == text.count("- alert:") > 5
    assert len({rule["alert"] for rule in rules()}) == len(rules())
    for rule in rules():
        assert names(rule["expr"])
        assert names(rule["expr"]) <= samples(), rule["alert"]
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_no_line_of_the_alerts_needs_quotes_in_yaml() -> None:
    for rule in rules():
        for value in (rule["expr"], rule["summary"], rule["todo"]):
            assert ": " not in value
            assert " #" not in value
            assert value[0] not in "\"'{[&*!|>%@`-?"


@pytest.mark.parametrize("family", families(), ids=lambda family: family.name)
def test_every_metric_has_a_help_text_and_stands_in_the_handbook(family: Metric) -> None:
    assert len(family.documentation.split()) > 3
    handbook = (FOLDER / "README.md").read_text(encoding="utf-8")
    name = f"{family.name}_total" if family.type == "counter" else family.name
    assert re.search(rf"`{name}[`{{]", handbook)
