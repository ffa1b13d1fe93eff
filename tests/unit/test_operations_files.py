"""The dashboard and the alert rules name metrics that exist, and every metric is explained."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics_core import Metric

from infrastructure.telemetry.metrics import Metrics

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "operations"
STREAMER = ROOT / "data_ingestion" / "streamer"
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
LABELLED = re.compile(
    r"\b(?P<inner>[a-z_]+)\{(?P<label>\w+)[=!]"
    r"|\bby \((?P<by>\w+)\) \((?:\w+\()?(?P<summed>[a-z_]+)"
)
REASON = re.compile(r"dropped(?:\[|\.append\()\"(\w+)\"|\.doubt\(feed, Doubt\.\w+, \"(\w+)\"\)")
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


def has_label(name: str, label: str) -> bool:
    """Whether a sample of that name carries the label; buckets carry their limit."""
    if name.endswith("_bucket") and label == "le":
        return True
    metrics = Metrics()
    for owner in (metrics, metrics.live, metrics.chat, metrics.weather, metrics.weather.learned):
        for metric in vars(owner).values():
            if isinstance(metric, Counter | Gauge | Histogram):
                (family,) = metric.describe()
                if name.removesuffix("_total") == family.name.removesuffix("_total"):
                    return label in metric._labelnames  # no public name tells them
    return False


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


def test_every_label_that_is_asked_for_is_one_of_its_metric() -> None:
    asked = {
        (found["inner"] or found["summed"], found["label"] or found["by"])
        for expression in (*expressions(), *(rule["expr"] for rule in rules()))
        for found in LABELLED.finditer(expression)
    }
    assert len(asked) > 5
    assert not has_label("websocket_messages_total", "reason")
    for name, label in sorted(asked):
        assert has_label(name, label), f"{name} has no {label}"


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


def test_every_reason_for_which_news_is_dropped_stands_in_the_handbook() -> None:
    handbook = (FOLDER / "README.md").read_text(encoding="utf-8")
    _, chapter = handbook.split("## Reasons for dropped pieces\n")
    rows = [line for line in chapter.split("\n## ")[0].splitlines() if line.startswith("| `")]
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    sources = "".join(path.read_text(encoding="utf-8") for path in STREAMER.rglob("*.py"))
    given = {first or second for first, second in REASON.findall(sources)}
    assert len(given) > 10
    assert told == given
