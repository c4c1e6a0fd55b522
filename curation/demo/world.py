"""The demo's world on disk: `<root>/site` holds what the site serves, `<root>/source` the Parquet files about it."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from curation.demo.pictures import render
from curation.demo.site import Site
from curation.errors import SourceError

_PORT = 8790  # the first choice; the port in use is kept with the data, since the URLs name it
_FILES = 2
_FIELDS: list[pa.Field[Any]] = [
    pa.field("URL", pa.string()),
    pa.field("TEXT", pa.string()),
    pa.field("WIDTH", pa.int32()),
    pa.field("HEIGHT", pa.int32()),
    pa.field("similarity", pa.float64()),
    pa.field("pwatermark", pa.float64()),
    pa.field("punsafe", pa.float64()),
    pa.field("LICENSE", pa.string()),
    pa.field("LANGUAGE", pa.string()),
    pa.field("hash", pa.string()),  # md5 of the file, where the crawl knew it
]
_COLUMNS = pa.schema(_FIELDS)


@dataclass(frozen=True)
class DemoWorld:
    """Where the demo's data lies. `rows` counts those of the source, added ones included."""

    root: Path
    port: int
    rows: int

    @property
    def source(self) -> Path:
        """The folder of the Parquet files."""
        return self.root / "source"

    def site(self) -> Site:
        """The site, to be entered; see `Site`."""
        return Site(self.root / "site", self.port)


def prepare(root: Path, port: int | None = None) -> DemoWorld:
    """The demo's world under `root`, made if it is not there yet; files that are there already stay as they are.

    The same packages make the same bytes, so a second run plans the same partitions. `port` is the site's, when the
    world is new; by default one that is free now. Raises `SourceError` when the
    photographs' packages are missing.
    """
    stamp = root / "world.json"
    made = json.loads(stamp.read_text()) if stamp.exists() else {}
    if made.get("made_of") != _made_of():
        data = _data()
        port = made.get("port") or port or _choose_port()
        for old in (root / "source").glob("*.parquet"):
            old.unlink()
        rows = sorted(_rows(root, data, data["rows"], port), key=lambda row: _digest(row["URL"] + row["TEXT"]))
        share = -(-len(rows) // _FILES)
        for number in range(_FILES):
            _write(root / "source" / f"part-{number:05}.parquet", rows[number * share : (number + 1) * share])
        made = {"made_of": _made_of(), "port": port}
        stamp.write_text(json.dumps(made))
    return DemoWorld(root, made["port"], _count(root / "source"))


def add_rows(root: Path, n: int) -> int:
    """Adds a Parquet file with the next `n` good pairs, as a nightly crawl would; returns how many were left to add.

    Raises `SourceError` when every pair that the demo has was added before.
    """
    world = prepare(root)
    data = _data()
    added = _count(world.source, "added-*.parquet")
    fresh = data["further"][added : added + n]
    if not fresh:
        raise SourceError(f"all {len(data['further'])} further rows of the demo are in {world.source} already.")
    _write(world.source / f"added-{added:05}.parquet", _rows(root, data, fresh, world.port))
    return len(fresh)


def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(files("curation.demo").joinpath("world.yaml").read_text("utf-8"))
    return loaded


def _made_of() -> str:
    """Changes when the world would come out differently."""
    text = files("curation.demo").joinpath("world.yaml").read_text("utf-8")
    packages = [f"{name} {version(name)}" for name in ("scikit-image", "scikit-learn", "pillow", "pyarrow")]
    return _digest(" ".join([text, *packages]))


def _rows(root: Path, data: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], port: int) -> list[dict[str, Any]]:
    made = []
    for row in rows:
        at = row["at"]
        url = at if "://" in at else f"http://127.0.0.1:{port}/{at}"
        width, height, md5 = _publish(root, data["pictures"], row) if "picture" in row else (640, 480, None)
        score = int(_digest(at)[:4], 16) / 0xFFFF  # a fixed number in 0 to 1, for plausible scores
        values = {
            "URL": url,
            "TEXT": row["text"],
            "WIDTH": width,
            "HEIGHT": height,
            "similarity": round(0.29 + 0.09 * score, 4),
            "pwatermark": round(0.3 * score * score, 4),
            "punsafe": round(0.002 + 0.05 * score * score, 5),
            "LICENSE": "?",
            "LANGUAGE": "en",
            "hash": md5 if score < 0.7 else None,
        }
        made.append({name: row.get(name, value) for name, value in values.items()})
    return made


def _publish(root: Path, pictures: Mapping[str, Any], row: Mapping[str, Any]) -> tuple[int, int, str]:
    """Puts the row's picture on the site; its width, height and md5."""
    folder, _, name = row["at"].partition("/")
    path = root / "site" / ("mirror" if folder == "mirror" else "photos") / name
    body, width, height = render(pictures[row["picture"]], path.suffix, row.get("shrink", 1.0))
    body = body[: int(len(body) * row.get("cut", 1))]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return width, height, hashlib.md5(body, usedforsecurity=False).hexdigest()


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema=_COLUMNS), partial)
    partial.replace(path)  # a plan made meanwhile sees the whole file or none


def _count(folder: Path, pattern: str = "*.parquet") -> int:
    return sum(int(pq.read_metadata(path).num_rows) for path in folder.glob(pattern))


def _choose_port() -> int:
    for wanted in (_PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SourceError("no free port on 127.0.0.1 for the demo's site.")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
