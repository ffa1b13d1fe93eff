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


def direct(take: TakeFrame) -> type[ClientConnection]:
    """A class for `connect(create_connection=…)`: calls `take` with each whole text message.

    Fragmented messages and everything else come by `recv` as usual.
    """

    class DirectConnection(ClientConnection):
        def process_event(self, event: Event) -> None:
            if isinstance(event, Frame) and event.opcode is TEXT and event.fin:
                take(bytes(event.data))
            else:
                super().process_event(event)

    return DirectConnection
