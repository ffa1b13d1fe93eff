"""Pipes between Postgres's programs and sealed files, so that a dump is never plain on the disk."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import FileIO

from infrastructure.security.sealed_stream import seal, unseal
from infrastructure.security.secret_key import SecretKey


@asynccontextmanager
async def sealed_into(output: int, key: SecretKey) -> AsyncIterator[int]:
    """A pipe to write into: at the end of the block all of it is in `output`, sealed.

    Raises: OSError where `output` cannot be written; whoever writes meets a broken pipe before.
    """
    reader, writer = os.pipe()
    sealing = asyncio.get_running_loop().run_in_executor(None, _seal, reader, os.dup(output), key)
    try:
        yield writer
    finally:
        os.close(writer)
        await sealing


@asynccontextmanager
async def unsealed(source: int, key: SecretKey) -> AsyncIterator[int]:
    """A pipe to read from. Nothing that was read is to be final before the block has ended.

    Raises: SealedFileRefused at the end of the block, whatever became of who read.
    """
    reader, writer = os.pipe()
    opening = asyncio.get_running_loop().run_in_executor(None, _open, os.dup(source), writer, key)
    try:
        yield reader
    finally:
        os.close(reader)
        await opening


def _seal(reader: int, output: int, key: SecretKey) -> None:
    """Closes both: nobody else knows when this thread has ended."""
    with open(output, "wb") as target, open(reader, "rb") as source:
        seal(source, target.write, key)


def _open(source: int, writer: int, key: SecretKey) -> None:
    """Closes both. Who reads may go away early; whether the file is whole is asked all the same."""
    with open(source, "rb") as file, FileIO(writer, "w") as target:
        pieces = unseal(file, key)
        try:
            for piece in pieces:
                _write(target, piece)
        except BrokenPipeError:
            for _ in pieces:
                pass


def _write(target: FileIO, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[target.write(left) :]
