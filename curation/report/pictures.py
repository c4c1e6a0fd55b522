"""Pictures for the report and the terminal, made small. They come out of the table, where every picture was
re-encoded by us, yet a damaged one still must not end a report."""

from __future__ import annotations

import base64
import io
import warnings

from PIL import Image
from rich.text import Text

MAX_PIXELS = 64_000_000
_QUALITY = 80


def open_picture(data: bytes | None) -> Image.Image | None:
    """The picture as RGB, or None when there is none, it is damaged, or it is larger than 64 megapixels."""
    if not data:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large areas; the line below decides
            found = Image.open(io.BytesIO(data))
            if found.width * found.height > MAX_PIXELS:
                return None
            return found.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None  # what Pillow raises for damaged files


def data_uri(data: bytes | None, side_px: int) -> str | None:
    """A `data:` URI of the picture as JPEG, its longest side at most `side_px`; None when it cannot be shown."""
    picture = open_picture(data)
    if picture is None:
        return None
    picture.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()


def half_blocks(data: bytes | None, columns: int, lines: int = 20) -> Text | None:
    """The picture as coloured upper half blocks, two pixels a character, within `columns` x `lines`; None when it
    cannot be shown."""
    picture = open_picture(data)
    if picture is None:
        return None
    picture.thumbnail((columns, 2 * lines), Image.Resampling.LANCZOS)
    width, height = picture.width, picture.height - picture.height % 2
    text = Text(no_wrap=True, end="")
    for y in range(0, height, 2):
        for x in range(width):
            text.append("▀", style=f"{_hex(picture, x, y)} on {_hex(picture, x, y + 1)}")
        text.append("\n")
    return text


def _hex(picture: Image.Image, x: int, y: int) -> str:
    red, green, blue = picture.getpixel((x, y))  # type: ignore[misc]
    return f"#{red:02x}{green:02x}{blue:02x}"
