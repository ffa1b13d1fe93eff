"""Who may send something from a wallet: everybody, or nobody, as the test says."""

from dataclasses import dataclass

from core.services.clearance import Clearance
from core.services.fence import Fenced
from core.storage.models import Sessions


@dataclass
class ScriptedFence:
    is_overtaken: bool = False

    def refuse(self, epoch: int) -> None:
        assert epoch == 0, "nobody takes over the database of this test"
        if self.is_overtaken:
            raise Fenced("Another copy of this bot has taken over. Nothing was sent.")


def cleared(sessions: Sessions, fence: ScriptedFence | None = None) -> Clearance:
    return Clearance(sessions, fence or ScriptedFence())
