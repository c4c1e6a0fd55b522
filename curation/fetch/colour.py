"""Any image that Pillow opens as opaque, upright 8-bit pixels in sRGB."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image as Picture

    Pixels: TypeAlias = np.ndarray[Any, Any]

ORIENTATION_TAG = 0x0112


def orientation(image: Picture) -> int:
    """EXIF orientation, 1 when there is none or it cannot be read: a broken EXIF block costs no image."""
    try:
        found: Any = image.getexif().get(ORIENTATION_TAG, 1)
    except (OSError, ValueError, SyntaxError, LookupError, TypeError, struct.error):
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Turned and mirrored as EXIF says (1 to 8)."""
    import numpy as np

    if orientation >= 5:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def eight_bit(image: Picture) -> Picture:
    """The image in one of the modes L, RGB, RGBA and CMYK, 8 bits a channel."""
    import numpy as np
    from PIL import Image

    if image.mode.startswith("I"):
        # 16-bit greyscale: Pillow's own conversion clips at 255 and gives white.
        values = np.asarray(image).astype(np.uint32)
        return Image.fromarray((values >> 8).clip(0, 255).astype(np.uint8))
    if image.mode in ("P", "PA", "LA", "La", "RGBa", "1") or "transparency" in image.info:
        plain = image.mode in ("P", "1") and "transparency" not in image.info
        return image.convert("RGB" if plain else "RGBA")
    if image.mode in ("L", "RGB", "RGBA", "CMYK"):
        return image
    return image.convert("RGB")


def opaque(image: Picture, icc: bytes | None) -> Pixels:
    """RGB pixels of an image of mode L, RGB, RGBA (over white) or CMYK (by its profile, where it has one)."""
    import numpy as np
    from PIL import Image

    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, image)
    if image.mode == "CMYK" and icc is not None:
        return np.asarray(_converted(image, icc) or image.convert("RGB"))
    return np.asarray(image.convert("RGB"))


def is_srgb(icc: bytes) -> bool:
    """Whether a profile calls itself sRGB, in either of the encodings that profiles use for names."""
    return b"sRGB" in icc[:4096] or b"s\0R\0G\0B" in icc[:4096]


def by_profile(pixels: Pixels, icc: bytes) -> Pixels:
    """BGR pixels brought from their profile to sRGB; as they are when the profile cannot be used."""
    import cv2
    import numpy as np
    from PIL import Image

    converted = _converted(Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)), icc)
    return pixels if converted is None else bgr(np.asarray(converted))


def bgr(pixels: Pixels) -> Pixels:
    """The pixels with red and blue swapped: height x width x 3, 8 bits, as OpenCV wants them."""
    import cv2

    swapped: Any = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    return swapped  # type: ignore[no-any-return]


def as_bgr(pixels: Pixels, rgb: bool) -> Pixels:
    """One channel or three, in the order that `rgb` says, as BGR."""
    import cv2

    if pixels.ndim == 2 or pixels.shape[2] == 1:
        grey: Any = cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)
        return grey  # type: ignore[no-any-return]
    return bgr(pixels) if rgb else pixels


def _converted(image: Picture, icc: bytes) -> Picture | None:
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None  # the colours are then a little off
