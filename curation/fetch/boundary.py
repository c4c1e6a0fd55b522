"""The boundary with img2dataset 1.47: its Downloader, with our opener, resizer and sample writer.

Its quirks live here. The Downloader fetches with `urllib.request.urlopen`, keeps of an error its text
alone, and swallows what is raised in its sample loop. So it is given opaque URLs of a scheme of our own
(`curation:<batch>/<index>`), for which urllib's opener finds our handler; everything that is to be known about
a fetch is kept on our side, by index, and so is an error that ends the partition.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import io
import itertools
import os
import sys
import threading
import types
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Sequence
from email.message import Message
from typing import Any, Protocol

import pyarrow as pa

from curation.errors import PartitionError

_SCHEME = "curation"
_TOGETHER = 8
FetchByIndex = Callable[[int], bytes]
UseByIndex = Callable[[int, bytes], None]


class DownloaderClass(Protocol):
    """img2dataset's Downloader: made with keyword arguments, called with (shard id, shard file)."""

    def __call__(self, **settings: Any) -> Callable[[tuple[int, str]], tuple[bool, Any]]: ...


@functools.cache
def downloader_class() -> DownloaderClass:
    """img2dataset's Downloader class, imported once in a process and without what it does not use.

    `import img2dataset` costs 8 s of CPU and 700 MB: its __init__ brings torch, pandas, wandb, Ray and
    albumentations. Its downloader module needs exifread, fsspec and a counter. So the package's __init__ is
    passed over and wandb, which the counter's module imports, is stood in for; sys.modules is put back
    afterwards, and a full import elsewhere in the process works as ever.
    """
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # albumentations asks the network for its newest version
    spec = importlib.util.find_spec("img2dataset")
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError("img2dataset is not installed", name="img2dataset")
    package = types.ModuleType("img2dataset")
    package.__path__ = list(spec.submodule_search_locations)
    names = ("img2dataset", "img2dataset.downloader", "img2dataset.logger", "wandb")
    before = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.modules["img2dataset"] = package
    sys.modules["wandb"] = types.ModuleType("wandb")
    try:
        found: DownloaderClass = importlib.import_module("img2dataset.downloader").Downloader
        return found
    finally:
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(before)


class _Response:
    """What `download_image` of img2dataset reads of a response."""

    def __init__(self, body: bytes) -> None:
        self.headers = Message()
        self._body = body

    def read(self) -> bytes:
        return self._body

    def __enter__(self) -> _Response:
        return self

    def __exit__(self, *_: object) -> None: ...


class _Switchboard(urllib.request.BaseHandler):
    """urllib's handler for our scheme: passes a request to the batch that its URL names."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batches: dict[str, FetchByIndex] = {}
        self._opener = urllib.request.build_opener(self)

    def connect(self, batch: str, fetch: FetchByIndex) -> None:
        with self._lock:
            self._batches[batch] = fetch
        # Each time, because any library may have installed another opener since. Ours is urllib's default
        # one, with our scheme added, so other users of urlopen see no difference.
        urllib.request.install_opener(self._opener)

    def disconnect(self, batch: str) -> None:
        with self._lock:
            self._batches.pop(batch, None)

    def curation_open(self, request: urllib.request.Request) -> _Response:
        """Called by urllib for `curation:` URLs. Raises `FetchFailed`, which the Downloader turns to text."""
        batch, _, index = request.selector.partition("/")
        with self._lock:
            fetch = self._batches.get(batch)
        if fetch is None:
            raise urllib.error.URLError(f"{_SCHEME}: no such batch")
        return _Response(fetch(int(index)))


@functools.cache
def _switchboard() -> _Switchboard:
    return _Switchboard()


class _Resizer:
    """Stands where img2dataset's resizer does and hands the body on untouched to the sample writer."""

    def __call__(self, stream: io.BytesIO, _boxes: object = None) -> tuple[bytes, int, int, int, int, None]:
        return stream.getvalue(), 0, 0, 0, 0, None


class _Bodies:
    """Bodies that arrived, given to `use` several at a time.

    On one core fetching and decoding take turns. Image by image each finds the caches full of the other's work; in
    bursts of eight both together take 4 % less CPU (of sixteen, no less than of eight).
    """

    def __init__(self, use: UseByIndex) -> None:
        self._use = use
        self._held: list[tuple[int, bytes]] = []
        self.failure: PartitionError | None = None

    def take(self, index: int, body: bytes) -> None:
        self._held.append((index, body))
        if len(self._held) >= _TOGETHER:
            self.give()

    def give(self) -> None:
        held, self._held = self._held, []
        if self.failure is None:
            try:
                for index, body in held:
                    self._use(index, body)
            except PartitionError as error:
                self.failure = error


class _SampleWriter:
    """Stands where img2dataset's sample writer does: hands each body that arrived on, and forgets it."""

    def __init__(self, bodies: _Bodies, *_settings: object) -> None:
        self._bodies = bodies

    def write(self, body: bytes | None, _key: str, _caption: object, meta: dict[str, Any]) -> None:
        if body is not None:
            self._bodies.take(int(meta["url"].rpartition("/")[2]), body)

    def close(self) -> None: ...


def download(count: int, fetch: FetchByIndex, use: UseByIndex, *, in_flight: int, order: Sequence[int]) -> None:
    """Run img2dataset's Downloader over `count` URLs known by index.

    `fetch(index)` is called on `in_flight` threads and returns a body or raises `FetchFailed`;
    `use(index, body)` is called on this thread for each body, at most 2 * in_flight + 8 of which exist at once; when it
    raises `PartitionError`, no other body is used and the error is raised in the end. `order` says in which order to
    start them.
    """
    if count == 0:
        return
    batch = uuid.uuid4().hex
    board = _switchboard()
    board.connect(batch, fetch)
    folder = f"memory://curation-{batch}"
    bodies = _Bodies(use)
    try:
        downloader = downloader_class()(
            sample_writer_class=functools.partial(_SampleWriter, bodies),
            resizer=_Resizer(),
            thread_count=min(in_flight, count),
            save_caption=False,
            extract_exif=False,
            output_folder=folder,
            column_list=["url"],
            timeout=None,
            number_sample_per_shard=max(count, 2),
            oom_shard_count=1,
            compute_hash=None,
            verify_hash_type=None,
            encode_format="jpg",
            retries=0,
            user_agent_token=None,
            disallowed_header_directives=None,
        )
        _run(downloader, folder, [f"{_SCHEME}:{batch}/{index}" for index in order])
        bodies.give()
    finally:
        board.disconnect(batch)
        _forget(folder)
    if bodies.failure is not None:
        raise bodies.failure


def _run(downloader: Callable[[tuple[int, str]], tuple[bool, Any]], folder: str, urls: list[str]) -> None:
    import fsspec

    table = pa.table({"url": pa.array(urls, pa.string())})
    shard = f"{folder}/shard.arrow"
    with fsspec.open(shard, "wb") as file, pa.ipc.new_file(file, table.schema) as out:
        out.write_table(table)
    downloader((0, shard))


def _forget(folder: str) -> None:
    """Remove the shard file and the statistics from fsspec's memory, which lives as long as the process."""
    import fsspec

    files, path = fsspec.core.url_to_fs(folder)
    if files.exists(path):
        files.rm(path, recursive=True)


def interleaved(keys: Sequence[str]) -> list[int]:
    """Indices of `keys` such that equal keys stand far apart: first one of each, then the second of each.

    So a host with hundreds of URLs does not fill all threads with requests that wait for their turn.
    """
    queues: dict[str, list[int]] = {}
    for index, key in enumerate(keys):
        queues.setdefault(key, []).append(index)
    rounds = itertools.zip_longest(*queues.values())
    return [index for each in rounds for index in each if index is not None]
