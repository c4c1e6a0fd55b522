"""The guarded decoder: a stranger's bytes in, our own JPEG and its measures out.

Runs in the decoder process (see `sandbox.py`), so it imports neither Arrow nor the recipe: reasons are the
values of `samples.Reason`. Everything is decoded by Pillow as exactly the one format that `sniff` found,
save still WebP, for which OpenCV is about twice as fast.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from curation.fetch import sniff

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_ORIENTATION_TAG = 0x0112
# Boxes may shrink an image to no less than this times its final size; the rest is bicubic. Against a Lanczos
# reference of 24 photographs: 1.0 loses 2.2 dB on the worst, 1.5 loses 0.3 and is 0.3 better in the mean than
# img2dataset's area averaging, 2.0 gains another 0.14 for 1.5 times the work.
_BOX_MARGIN = 1.5
# PDQ averages to 64 x 64 first; doing that with exact boxes moves 0 to 6 of its 256 bits and saves 2 ms.
_PDQ_SIDE_PX = 64


@dataclass(frozen=True)
class DecodeLimits:
    """What may be decoded and what comes out; see the `download` section for each."""

    shortest_side_px: int = 384
    quality: int = 90
    max_pixels: int = 64_000_000
    max_side_px: int = 30_000
    max_frames: int = 1000


@dataclass(frozen=True)
class Decoded:
    """A re-encoded JPEG without metadata, its size in pixels, and measures of its pixels.

    `contrast` is the standard deviation of luma (0 to 127.5), `sharpness` the variance of its Laplacian,
    `pdq` 64 hex digits.
    """

    jpeg: bytes
    width: int
    height: int
    original_width: int
    original_height: int
    contrast: float
    sharpness: float
    pdq: str


class Undecodable(Exception):
    """The bytes give no image we accept: `reason` is a value of `samples.Reason`, `detail` says what was found."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class _Loaded:
    """Decoded pixels that cover the original at `scale` originals a pixel."""

    image: Picture
    width: int
    height: int
    scale: int
    orientation: int = 1
    icc: bytes | None = None


class Decoder:
    """Decodes one image after another. Raises `Undecodable`; MemoryError and crashes are the sandbox's matter."""

    def __init__(self, limits: DecodeLimits) -> None:
        import cv2
        from PIL import AvifImagePlugin, Image, ImageFile, PngImagePlugin

        cv2.setNumThreads(1)
        # `sniff` has read the declared area before Pillow sees the bytes, and the recipe caps it.
        Image.MAX_IMAGE_PIXELS = None
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        PngImagePlugin.MAX_TEXT_MEMORY = 4 * 1024 * 1024
        AvifImagePlugin.DEFAULT_MAX_THREADS = 1
        self._limits = limits
        # What Pillow's plugins and OpenCV raise on broken files.
        self._broken: tuple[type[Exception], ...] = (
            OSError, ValueError, SyntaxError, LookupError, TypeError, EOFError, ArithmeticError, AttributeError,
            AssertionError, RuntimeError, struct.error, zlib.error, cv2.error, Image.DecompressionBombError,
        )  # fmt: skip

    def __call__(self, data: bytes) -> Decoded:
        """Decode, scale, measure and re-encode one image."""
        declared = self._declared(data)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                plain_webp = declared.kind == sniff.WEBP and declared.frames == 1 and not _has_metadata(data)
                loaded = self._by_opencv(data, declared) if plain_webp else self._by_pillow(data, declared)
                return self._finished(loaded)
        except self._broken as error:
            raise Undecodable("decode", f"{declared.kind}: {type(error).__name__}") from error

    def _declared(self, data: bytes) -> sniff.Declared:
        limits = self._limits
        try:
            declared = sniff.sniff(data)
        except sniff.NotAnImage as error:
            start = data[:8].hex() or "nothing"
            raise Undecodable("not_an_image", f"starts with {start}: none of the accepted types") from error
        except sniff.Broken as error:
            raise Undecodable("decode", str(error)) from error
        width, height = declared.width, declared.height
        if width < 1 or height < 1:
            raise Undecodable("decode", f"{declared.kind} of {width} x {height} px")
        if width * height > limits.max_pixels or max(width, height) > limits.max_side_px:
            raise Undecodable("too_many_pixels", f"{declared.kind} of {width} x {height} px")
        if declared.frames > limits.max_frames:
            raise Undecodable("too_many_pixels", f"{declared.kind} of {declared.frames} frames")
        return declared

    def _by_pillow(self, data: bytes, declared: sniff.Declared) -> _Loaded:
        from PIL import Image

        image: Picture = Image.open(io.BytesIO(data), formats=[declared.kind.upper()])
        width, height = image.size
        if width * height > max(declared.width * declared.height, self._limits.max_pixels):
            raise Undecodable("too_many_pixels", f"{declared.kind} of {width} x {height} px")
        orientation = _orientation(image)
        icc = image.info.get("icc_profile")
        if declared.kind == sniff.JPEG:
            # libjpeg's reduced-scale decoding: never below the final size, so sharpness is not lost.
            image.draft("RGB", self._target(width, height))
        image.load()
        scale = max(1, round(width / image.size[0]))
        image = _eight_bit(image)
        boxes = int(min(image.size) / (self._limits.shortest_side_px * _BOX_MARGIN))
        if boxes > 1:
            image, scale = image.reduce(boxes), scale * boxes
        return _Loaded(image, width, height, scale, orientation, icc if isinstance(icc, bytes) else None)

    def _by_opencv(self, data: bytes, declared: sniff.Declared) -> _Loaded:
        import cv2
        import numpy as np
        from PIL import Image

        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        if pixels is None:
            raise Undecodable("decode", f"{declared.kind}: cannot be read")
        height, width = pixels.shape[:2]
        boxes = max(1, int(min(width, height) / (self._limits.shortest_side_px * _BOX_MARGIN)))
        if boxes > 1 and pixels.shape[2] == 3:
            whole = pixels[: height // boxes * boxes, : width // boxes * boxes]
            small = cv2.resize(whole, (width // boxes, height // boxes), interpolation=cv2.INTER_AREA)
            # One more row and column stand in for the boxes that the edge cuts off.
            pixels = cv2.copyMakeBorder(small, 0, 1, 0, 1, cv2.BORDER_REPLICATE)
        else:
            boxes = 1
        order = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB
        return _Loaded(Image.fromarray(cv2.cvtColor(pixels, order)), width, height, boxes)

    def _target(self, width: int, height: int) -> tuple[int, int]:
        side = self._limits.shortest_side_px
        shortest = min(width, height)
        if shortest <= side:
            return width, height
        return max(1, round(width * side / shortest)), max(1, round(height * side / shortest))

    def _finished(self, loaded: _Loaded) -> Decoded:
        from PIL import Image

        image, size = loaded.image, self._target(loaded.width, loaded.height)
        if image.size != size:
            # A reduced image's last pixel may cover less than `scale` originals; without the exact box the
            # picture would be stretched by up to a pixel, which costs up to 4 dB on sharp photographs.
            covered = (loaded.width / loaded.scale, loaded.height / loaded.scale)
            box = (0.0, 0.0, min(covered[0], image.size[0]), min(covered[1], image.size[1]))
            image = image.resize(size, Image.Resampling.BICUBIC, box=box)
        image = _srgb(image, loaded.icc)
        width, height = loaded.width, loaded.height
        if loaded.orientation > 1:
            image = _upright(image, loaded.orientation)
            if loaded.orientation >= 5:
                width, height = height, width
        return self._measured(image, width, height)

    def _measured(self, image: Picture, width: int, height: int) -> Decoded:
        import cv2
        import numpy as np
        import pdqhash
        from PIL import Image

        pixels = np.asarray(image)
        luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        sharpness = float(cv2.meanStdDev(cv2.Laplacian(luma, cv2.CV_16S))[1][0, 0]) ** 2
        small = cv2.resize(pixels, (_PDQ_SIDE_PX, _PDQ_SIDE_PX), interpolation=cv2.INTER_AREA)
        bits, _ = pdqhash.compute(np.ascontiguousarray(small))
        out = io.BytesIO()
        # From the bare pixels: an image object carries comments and profiles into what it saves.
        Image.fromarray(pixels).save(out, "JPEG", quality=self._limits.quality)
        return Decoded(
            jpeg=out.getvalue(),
            width=image.size[0],
            height=image.size[1],
            original_width=width,
            original_height=height,
            contrast=float(cv2.meanStdDev(luma)[1][0, 0]),
            sharpness=sharpness,
            pdq=np.packbits(np.asarray(bits, np.uint8)).tobytes().hex(),
        )


def _has_metadata(webp: bytes) -> bool:
    """Whether an extended WebP says that it carries a colour profile or EXIF, which OpenCV would ignore."""
    return webp[12:16] == b"VP8X" and bool(webp[20] & 0x28)


def _orientation(image: Picture) -> int:
    """EXIF orientation, 1 when there is none or it cannot be read: a broken EXIF block costs no image."""
    try:
        found: Any = image.getexif().get(_ORIENTATION_TAG, 1)
    except (OSError, ValueError, SyntaxError, LookupError, TypeError, struct.error):
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _upright(image: Picture, orientation: int) -> Picture:
    from PIL import Image

    how = Image.Transpose
    turns = {
        2: how.FLIP_LEFT_RIGHT, 3: how.ROTATE_180, 4: how.FLIP_TOP_BOTTOM, 5: how.TRANSPOSE,
        6: how.ROTATE_270, 7: how.TRANSVERSE, 8: how.ROTATE_90,
    }  # fmt: skip
    return image.transpose(turns[orientation])


def _eight_bit(image: Picture) -> Picture:
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


def _srgb(image: Picture, icc: bytes | None) -> Picture:
    """The image as opaque sRGB: over white, with its colour profile applied unless that is sRGB already."""
    from PIL import Image, ImageCms

    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, image).convert("RGB")
    named_srgb = icc is not None and (b"sRGB" in icc[:4096] or b"s\0R\0G\0B" in icc[:4096])
    if icc and not named_srgb and image.mode in ("RGB", "CMYK"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            converted = None  # a profile that cannot be used is dropped: the colours are then a little off
        if converted is not None:
            return converted
    return image if image.mode == "RGB" else image.convert("RGB")
