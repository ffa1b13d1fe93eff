"""The hook into the library: whole frames come at once, everything else goes its usual way."""

from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

from data_ingestion.streamer.websocket_client.connection import direct


def frames_taken_of(*events: Frame) -> list[bytes]:
    taken: list[bytes] = []
    connection = direct(taken.append)(ClientProtocol(parse_uri("ws://127.0.0.1/")))
    connection.response = Response(101, "Switching Protocols", Headers())
    for event in events:
        connection.process_event(event)
    return taken


async def test_a_whole_frame_is_handed_over_at_once() -> None:
    assert frames_taken_of(Frame(Opcode.TEXT, b"a"), Frame(Opcode.TEXT, b"b")) == [b"a", b"b"]


async def test_control_frames_are_the_librarys() -> None:
    assert frames_taken_of(Frame(Opcode.PONG, b"a")) == []


async def test_a_text_in_fragments_is_handed_over_whole_and_not_overtaken() -> None:
    taken = frames_taken_of(
        Frame(Opcode.TEXT, b"a", fin=False),
        Frame(Opcode.PING, b""),
        Frame(Opcode.CONT, b"b", fin=False),
        Frame(Opcode.CONT, b"c"),
        Frame(Opcode.TEXT, b"d"),
    )
    assert taken == [b"abc", b"d"]
