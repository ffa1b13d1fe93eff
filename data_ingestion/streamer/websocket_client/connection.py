"""A client connection that hands whole frames over at once, without the library's queue.

The queue costs a third of the time of a frame, and its back-pressure is not needed here: what is
done with a frame is done before the next bytes are read. The hook is internal to `websockets`,
whose version is pinned; `test_direct_connection.py` fails if it is gone.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from websockets.asyncio.client import ClientConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import Event

TakeFrame: TypeAlias = Callable[[bytes], None]

TEXT: Final = Opcode.TEXT
PARTS: Final = (Opcode.TEXT, Opcode.CONT)


def direct(take: TakeFrame) -> type[ClientConnection]:
    """A class for `connect(create_connection=…)`: calls `take` with each whole text message.

    One that comes in fragments is put together here, since it must not be overtaken by the next;
    everything else comes by `recv` as usual.
    """

    class DirectConnection(ClientConnection):
        _parts: list[bytes] | None = None  # of the text message that is coming in fragments

        def process_event(self, event: Event) -> None:
            if isinstance(event, Frame) and event.opcode is TEXT and event.fin:
                take(bytes(event.data))
            elif not (isinstance(event, Frame) and self._is_part(event)):
                super().process_event(event)

        def _is_part(self, frame: Frame) -> bool:
            """Whether it was a fragment of a text message, and has been taken."""
            if frame.opcode is TEXT:
                self._parts = []
            if self._parts is None or frame.opcode not in PARTS:
                return False
            self._parts.append(bytes(frame.data))
            if frame.fin:
                whole, self._parts = b"".join(self._parts), None
                take(whole)
            return True

    return DirectConnection
