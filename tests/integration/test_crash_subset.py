"""A few trials of `make crash`, and whether all of them together leave no milestone out."""

import ast
from collections import Counter

import pytest

from core.services.milestones import Milestone
from tests.crash.__main__ import MANY, campaign
from tests.crash.plan import FIRST, planned_points, trial
from tests.crash.scenes import FAULTS, Scene
from tests.support.program import ROOT

SEEDS = (289, 55, 6151, 11529, 926, 103, 21, 5229)
"""A withdrawal, an order that is sent again, the cancel of a part, a stop; a reversal, a rotation
of keys, a notice, a comparison with the venue: killed in the middle.
"""
FEWEST = 5  # trials of a thousand that are to die at each milestone
PRODUCT = ("core", "infrastructure", "telegram_bot")


def test_some_trial_dies_at_every_milestone() -> None:
    assert planned_points() == set(Milestone)


def test_every_scene_has_its_deaths_and_its_faults() -> None:
    assert set(FIRST) == set(FAULTS) == set(Scene)


def test_every_milestone_is_passed_somewhere_in_the_program() -> None:
    """Named by its code, not only by the plan."""
    files = (path for part in PRODUCT for path in (ROOT / part).rglob("*.py"))
    named = {
        node.attr
        for path in files
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == Milestone.__name__
    }
    assert named == set(Milestone.__members__)


def test_the_usual_thousand_trials_try_every_scene_and_every_milestone() -> None:
    trials = [trial(seed) for seed in range(1, MANY + 1)]
    deaths = Counter(point for one in trials for point in {kill.at for kill in one.kills})
    assert {point for point in Milestone if deaths[point] < FEWEST} == set()
    assert {one.scene for one in trials} == set(Scene)


@pytest.mark.timeout(600)  # as slow as the machine is busy; a minute on an idle one
@pytest.mark.xdist_group("crash")
async def test_killed_anywhere_and_started_again_nothing_is_lost_or_doubled() -> None:
    found = await campaign(SEEDS)
    assert len(found.verdicts) == len(SEEDS)
    assert len({one.trial.scene for one in found.verdicts}) == len(SEEDS)
    for one in found.verdicts:
        assert one.is_good, (str(one.trial), one.doubled, one.lost, one.chat)
        assert one.killed_at, f"nobody died in {one.trial}"
        assert set(one.killed_at) <= set(one.reached)
