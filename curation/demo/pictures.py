"""Pictures cut from the photographs that come with the scikit-image and scikit-learn packages."""

from __future__ import annotations

import importlib.util
import io
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation.errors import SourceError

if TYPE_CHECKING:
    from PIL.Image import Image

# Folders of photographs inside the packages. They are found without importing the packages, which takes seconds.
_FOLDERS = (("skimage", "data"), ("sklearn", "datasets/images"))
_HUGE_SIDE_PX = 20_000  # declares 400 megapixels in 50 KB
_FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    ".jpg": ("JPEG", {"quality": 92}),
    ".png": ("PNG", {}),
    ".webp": ("WEBP", {"quality": 90}),
}


def render(spec: Mapping[str, Any], suffix: str, shrink: float = 1.0) -> tuple[bytes, int, int]:
    """The bytes of one picture in the format of `suffix`, and its width and height in px.

    `spec` has `of` (a file of the packages, "blank" or "huge"), and may have `box` and `scale`. Raises `SourceError`
    when the packages are not installed.
    """
    if spec["of"] == "huge":
        return _huge_png(), _HUGE_SIDE_PX, _HUGE_SIDE_PX
    image = _open(spec["of"])
    if "box" in spec:
        image = image.crop(tuple(spec["box"]))
    scale = float(spec.get("scale", 1)) * shrink
    if scale != 1:
        from PIL.Image import Resampling

        image = image.resize((round(image.width * scale), round(image.height * scale)), Resampling.LANCZOS)
    kind, options = _FORMATS[suffix]
    if kind == "JPEG" and image.mode != "L":
        image = image.convert("RGB")
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue(), image.width, image.height


def _open(name: str) -> Image:
    from PIL import Image

    if name == "blank":
        return Image.new("RGB", (400, 300), (238, 238, 238))
    for package, folder in _FOLDERS:
        found = importlib.util.find_spec(package)
        for place in (found.submodule_search_locations or []) if found else []:
            path = Path(place, folder, name)
            if path.exists():
                return Image.open(path)
    raise SourceError(
        f"the demo's photograph {name} was not found. Expected the packages scikit-image and scikit-learn;"
        " install the extra `demo`."
    )


def _huge_png() -> bytes:
    """A picture whose pixels would need gigabytes: one bit a pixel, all of them the same."""
    row = bytes(1 + _HUGE_SIDE_PX // 8)
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(row * 100) for _ in range(_HUGE_SIDE_PX // 100)) + packer.flush()
    side = _HUGE_SIDE_PX.to_bytes(4, "big")
    chunks = ((b"IHDR", side + side + bytes([1, 0, 0, 0, 0])), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big") for name, data in chunks
    )
