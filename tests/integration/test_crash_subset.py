"""A few trials of `make crash`, and whether all of them together leave no milestone out."""

import pytest

from core.services.milestones import Milestone
from tests.crash.__main__ import campaign
from tests.crash.plan import Scene, planned_points, trial

SEEDS = (37, 65, 111, 181)
"""Four scenes, with faults before, after and long after the venue's acceptance."""
MANY = 1000  # what `make crash` runs unasked


def test_some_trial_dies_at_every_milestone() -> None:
    assert planned_points() == set(Milestone)


def test_the_usual_thousand_trials_try_every_scene_and_every_milestone() -> None:
    trials = [trial(seed) for seed in range(1, MANY + 1)]
    assert {kill.at for one in trials for kill in one.kills} == set(Milestone)
    assert {one.scene for one in trials} == set(Scene)


@pytest.mark.timeout(600)  # as slow as the machine is busy; half a minute on an idle one
@pytest.mark.xdist_group("crash")
async def test_killed_anywhere_and_started_again_nothing_is_lost_or_doubled() -> None:
    found = await campaign(SEEDS)
    assert len(found.verdicts) == len(SEEDS)
    assert len({one.trial.scene for one in found.verdicts}) == len(SEEDS)
    for one in found.verdicts:
        assert one.is_good, (str(one.trial), one.doubled, one.lost, one.chat)
        assert one.killed_at, f"nobody died in {one.trial}"
        assert set(one.killed_at) <= set(one.reached)
