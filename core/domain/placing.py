"""Which position each cycle of a token's fills is, when news changes the cycles."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from core.domain.folding import Cycle
from core.domain.units import PositionId


@dataclass(frozen=True, slots=True)
class Place:
    """A cycle and the position it is from now on; None for a new one."""

    cycle: Cycle
    position_id: PositionId | None


def places(
    found: Sequence[Cycle], homes: Mapping[str, PositionId], empty: Collection[PositionId]
) -> list[Place]:
    """Newest first. `homes`: the positions of the fills until now; `empty`: those without any.

    A cycle stays where its newest fill was. So what joins goes to the newer position, where people
    look at it, and what is split off an old one gets another.
    """
    spare = sorted(empty)
    taken, placed = set[PositionId](), list[tuple[Cycle, PositionId | None]]()
    for cycle in reversed(found):
        home = _home(cycle, homes, taken)
        placed.append((cycle, home))
        if home is not None:
            taken.add(home)
    spare += sorted(set(homes.values()) - taken - set(spare))
    return [
        Place(cycle, home if home is not None or not spare else spare.pop(0))
        for cycle, home in placed
    ]


def _home(
    cycle: Cycle, homes: Mapping[str, PositionId], taken: Collection[PositionId]
) -> PositionId | None:
    for fill in reversed(cycle.fills):
        home = homes.get(fill.event_key)
        if home is not None and home not in taken:
            return home
    return None
