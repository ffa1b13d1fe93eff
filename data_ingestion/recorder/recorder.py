"""The recorder: a market connection whose every frame goes to disk, in a thread of its own."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from core.domain.errors import PolycoolError
from core.domain.market import Market
from core.domain.units import TokenId
from data_ingestion.recorder import manifest, retention
from data_ingestion.recorder.continuity import Continuity, Moment, now
from data_ingestion.recorder.files import FrameFiles, TakenFrame
from data_ingestion.recorder.manifest import Manifest
from data_ingestion.recorder.retention import Limits
from data_ingestion.streamer.websocket_client.websocket_client import Layout, WebSocketClient
from data_ingestion.streamer.websocket_client.wire import Message, WireBook

logger = logging.getLogger(__name__)

BEAT: Final = 1.0  # seconds between two flushes: what a killed recorder loses
SAVE_BEAT: Final = 10.0  # seconds between two manifests while frames come
FILE_BYTES: Final = 16 * 1024 * 1024
FILE_SECONDS: Final = 3600.0
FILES_KEPT: Final = 8  # at least, whatever the limit: what goes is one eighth at a time
MOST_PENDING: Final = 256 * 1024 * 1024  # bytes received and not yet on disk
STAMP: Final = "%Y%m%dT%H%M%SZ"

Result = TypeVar("Result")


class RecordingStopped(PolycoolError):
    """It cannot go on; what was recorded until then is there."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to record and where; `markets` are what the manifest says of the tokens."""

    url: str
    tokens: Collection[TokenId]
    markets: Collection[Market] = ()
    ping_interval: float = 10.0  # seconds
    connect_patience: float = 15.0  # seconds for the first connection
    book_patience: float = 10.0  # seconds for the first book of each token


def new_folder(out: Path, start: Moment) -> Path:
    """A folder for a recording that begins now. Raises: OSError."""
    stamp = start.utc
    while True:
        folder = out / stamp.strftime(STAMP)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            if not folder.is_dir():
                raise
            stamp += timedelta(seconds=1)  # two began within one second
        else:
            return folder


class Recorder:
    """One recording. It is the listener of its own connection, to know what is missing."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        limits: Limits,
        *,
        clock: Callable[[], Moment] = now,
        beat: float = BEAT,
    ) -> None:
        self.frames = 0  # received
        self._plan = plan
        self._folder = folder
        self._clock = clock
        self._beat = beat
        self._start = clock()
        self._file_bytes = min(FILE_BYTES, max(1, limits.total_bytes // FILES_KEPT))
        self._limits = limits._replace(total_bytes=limits.total_bytes - self._file_bytes)
        self._files = FrameFiles(folder, most_bytes=self._file_bytes, most_seconds=FILE_SECONDS)
        self._continuity = Continuity(self._start)
        self._connection = 0
        self._at = self._start  # of the frame that is being read
        self._pending: list[TakenFrame] = []
        self._pending_bytes = 0
        self._is_choked = asyncio.Event()
        self._without_book = set(plan.tokens)
        self._has_all_books = asyncio.Event()
        self._saved: tuple[float, int] = (0.0, 0)  # steady seconds; connections and gaps then
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="recorder-disk")
        self._client = WebSocketClient(
            plan.url,
            self,
            ping_interval=plan.ping_interval,
            layout=Layout(tokens=max(1, len(plan.tokens))),  # one line: order and gaps are its own
            tap=self._tap,
        )

    async def run(self, stop: asyncio.Event, seconds: float | None = None) -> Manifest:
        """Record until `stop` is set or `seconds` are over; the manifest as it was left.

        Raises: RecordingStopped.
        """
        problem: BaseException | None = None
        try:
            await self._make_room()
            await self._client.subscribe_markets(self._plan.tokens)
            await self._record(stop, seconds)
        except* RecordingStopped as stopped:
            problem = stopped.exceptions[0]
        finally:
            left = await self._finish()
        if not left.frames:
            await asyncio.to_thread(manifest.discard, self._folder)
            problem = problem or RecordingStopped(f"nothing came from {self._plan.url}")
        if problem is not None:
            raise problem
        return left

    def _tap(self, frame: bytes) -> None:
        self._at = self._clock()
        self.frames += 1
        self._pending.append(TakenFrame(self._at, self._connection, frame))
        self._pending_bytes += len(frame)
        if self._pending_bytes > MOST_PENDING:
            self._is_choked.set()

    def apply(self, message: Message, received: float) -> None:  # noqa: ARG002 - the listener's form
        if isinstance(message, WireBook):
            self._without_book.discard(message.asset_id)
            if not self._without_book:
                self._has_all_books.set()
        self._continuity.heard(self._at)

    def connection_opened(self, tokens: Collection[TokenId]) -> None:  # noqa: ARG002 - the listener's form
        self._connection += 1
        self._continuity.opened(self._clock())

    def connection_lost(self, tokens: Collection[TokenId]) -> None:  # noqa: ARG002 - the listener's form
        self._continuity.lost(self._clock())

    def suspect(self, tokens: Collection[TokenId]) -> None:
        """What cannot be read is recorded like everything else."""

    async def _record(self, stop: asyncio.Event, seconds: float | None) -> None:
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(self._client.run(), name="recorder-stream"),
                tasks.create_task(self._keep_writing(), name="recorder-writer"),
                tasks.create_task(self._watch(), name="recorder-watch"),
            ]
            try:
                async with asyncio.timeout(seconds):
                    await stop.wait()
            except TimeoutError:
                pass
            self._continuity.finish(self._clock())
            for task in running:
                task.cancel()

    async def _keep_writing(self) -> None:
        while True:
            await asyncio.sleep(self._beat)
            if await self._write():
                await self._make_room()
                self._client.renew(self._plan.tokens)  # so that each file can be played by itself
            news = len(self._continuity.connections) + len(self._continuity.gaps(self._clock()))
            if self._saved[1] != news or time.monotonic() - self._saved[0] >= SAVE_BEAT:
                await self._save()

    async def _watch(self) -> None:
        """Raises: RecordingStopped where nothing comes in, or nothing gets out."""
        try:
            async with asyncio.timeout(self._plan.connect_patience):
                await self._client.connected.wait()
        except TimeoutError:
            raise RecordingStopped(
                f"no connection to {self._plan.url} within {self._plan.connect_patience:g} s"
            ) from None
        try:
            async with asyncio.timeout(self._plan.book_patience):
                await self._has_all_books.wait()
        except TimeoutError:
            self._tell_without_book()
        await self._is_choked.wait()
        raise RecordingStopped(f"the disk of {self._folder} is too slow for what comes in")

    def _tell_without_book(self) -> None:
        missing = sorted(self._without_book)
        shown = ", ".join(missing[:3]) + (" …" if missing[3:] else "")
        if len(missing) == len(set(self._plan.tokens)):
            raise RecordingStopped(
                f"{self._plan.url} sent no book of {shown} within "
                f"{self._plan.book_patience:g} s; are these token ids of open markets?"
            )
        logger.warning("no book came for %s of the tokens: %s", len(missing), shown)

    async def _write(self) -> bool:
        """Whether a later file was begun."""
        return await self._on_disk(partial(self._files.write, self._taken()))

    def _taken(self) -> list[TakenFrame]:
        frames, self._pending, self._pending_bytes = self._pending, [], 0
        return frames

    async def _make_room(self) -> None:
        """The manifest forgets a file before it goes, so that it never names one that is gone."""
        out, wall = self._folder.parent, self._clock().utc.timestamp()
        current = self._files.current
        gone = await self._on_disk(
            partial(retention.surplus, out, current, self._limits, wall),
        )
        self._files.forget({path.name for path in gone if path.parent == self._folder})
        await self._save()
        await self._on_disk(partial(retention.remove, gone))

    async def _finish(self) -> Manifest:
        end = self._clock()
        self._continuity.finish(end)
        try:
            await self._on_disk(partial(self._write_last, self._taken()))
            return await self._save(end)
        finally:
            self._disk.shutdown(wait=False)

    def _write_last(self, frames: list[TakenFrame]) -> None:
        try:
            self._files.write(frames)
        finally:
            self._files.close()

    async def _save(self, end: Moment | None = None) -> Manifest:
        told = self._manifest(end)
        self._saved = (time.monotonic(), len(told.connections) + len(told.gaps))
        await self._on_disk(partial(manifest.write, self._folder, told))
        return told

    def _manifest(self, end: Moment | None) -> Manifest:
        return Manifest(
            url=self._plan.url,
            start=self._start.utc,
            end=end.utc if end else None,
            tokens=list(self._plan.tokens),
            without_book=sorted(self._without_book),
            markets=manifest.described(self._plan.markets),
            frames=self.frames - len(self._pending),
            files=self._files.files,
            removed_files=self._files.removed,
            connections=list(self._continuity.connections),
            gaps=self._continuity.gaps(end or self._clock()),
        )

    async def _on_disk(self, work: Callable[[], Result]) -> Result:
        """In the one thread that touches the files, so that nothing there overtakes another."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._disk, work)
        except OSError as error:
            raise RecordingStopped(
                f"cannot write to {self._folder} ({error.strerror or error}); free some space, "
                "lower RECORDINGS_MAX_MB, or choose another folder with --out"
            ) from error
