"""The guarded decoder: a stranger's bytes in, our own JPEG and its measures out.

Runs in the decoder process (see `sandbox.py`), so it imports neither Arrow nor the recipe: reasons are the
values of `samples.Reason`. Files are opened as exactly the one format that `sniff` found. OpenCV decodes
ordinary JPEG and WebP (faster, and without a copy), Pillow the rest: animations, palettes, 16 bits, CMYK.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from curation.fetch import colour, jpeg, png, scale, sniff, turbojpeg, webp
from curation.fetch.pdq import pdq
from curation.fetch.planes import Planes

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image as Picture

    Pixels: TypeAlias = np.ndarray[Any, Any]


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
    `pdq` 64 hex digits, or None of a picture that is the same along one axis.
    """

    jpeg: bytes
    width: int
    height: int
    original_width: int
    original_height: int
    contrast: float
    sharpness: float
    pdq: str | None


class Undecodable(Exception):
    """The bytes give no image we accept: `reason` is a value of `samples.Reason`, `detail` says what was found."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class _Loaded:
    """Decoded pixels (BGR, RGB, grey or planes), each standing for `scale` x `scale` of a width x height image."""

    pixels: Pixels | Planes
    width: int
    height: int
    scale: int
    orientation: int = 1
    icc: bytes | None = None
    rgb: bool = False


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
                return self._finished(self._load(data, declared))
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

    def _load(self, data: bytes, declared: sniff.Declared) -> _Loaded:
        import cv2
        from PIL import Image

        if declared.kind == sniff.WEBP and declared.frames == 1 and not _has_metadata(data):
            width, height = declared.width, declared.height
            times = scale.halvings(width, height, self._side)
            shrinks = min(width, height) >= 2 * self._side
            planes = webp.decoded(data, width, height, times, smooth=not shrinks)
            if planes is not None:
                return _Loaded(planes, width, height, 1 << times)
            return self._halved(self._by_opencv(data, cv2.IMREAD_UNCHANGED), width, height)
        # libjpeg's reduced-scale decoding: never below the final size, so sharpness is not lost.
        shortest = min(declared.width, declared.height)
        part = max(each for each in (1, 2, 4, 8) if each == 1 or shortest >= self._side * each)
        if declared.bare:  # nothing that Pillow would have to tell
            planes = turbojpeg.decoded(data, declared.width, declared.height, part)
            if planes is not None:
                return _Loaded(planes, declared.width, declared.height, part)
        image: Picture = Image.open(io.BytesIO(data), formats=[declared.kind.upper()])
        width, height = image.size
        if width * height > max(declared.width * declared.height, self._limits.max_pixels):
            raise Undecodable("too_many_pixels", f"{declared.kind} of {width} x {height} px")
        icc = image.info.get("icc_profile")
        icc = icc if isinstance(icc, bytes) else None
        if declared.kind == sniff.PNG and (plain := png.decoded(data)) is not None:
            return self._halved(plain, width, height, rgb=True, icc=icc)
        orientation = colour.orientation(image)
        if declared.kind == sniff.JPEG and image.mode in ("L", "RGB"):
            if not declared.bare and orientation == 1 and (icc is None or colour.is_srgb(icc)):
                planes = turbojpeg.decoded(data, width, height, part)
                if planes is not None:
                    return _Loaded(planes, width, height, part)
            flags = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4}
            flag = flags.get(part, cv2.IMREAD_REDUCED_COLOR_8) | cv2.IMREAD_IGNORE_ORIENTATION
            pixels = self._by_opencv(data, flag)
            if jpeg.may_be_cut_short(pixels[-1, -1].tolist()) and jpeg.is_cut_short(data, declared.scan):
                raise Undecodable("decode", "jpeg: truncated: its data ends early")
            return _Loaded(pixels, width, height, part, orientation, icc)
        image.load()
        if declared.kind == sniff.JPEG and jpeg.is_cut_short(data, declared.scan):
            raise Undecodable("decode", "jpeg: truncated: its data ends early")
        boxes = 1 << scale.halvings(width, height, self._side)
        image = colour.eight_bit(image)
        if boxes > 1:
            image = image.reduce(boxes)
        pixels = colour.bgr(colour.opaque(image, icc))
        return _Loaded(pixels, width, height, boxes, orientation, None if image.mode == "CMYK" else icc)

    def _by_opencv(self, data: bytes, flags: int) -> Pixels:
        import cv2
        import numpy as np

        pixels: Pixels | None = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
        if pixels is None:
            raise Undecodable("decode", "the pixels cannot be read")
        return pixels

    def _halved(
        self, pixels: Pixels, width: int, height: int, *, rgb: bool = False, icc: bytes | None = None
    ) -> _Loaded:
        """Averages an array of one channel, three or four; `rgb` says in which order."""
        import cv2
        from PIL import Image

        if pixels.shape[:2] != (height, width):
            raise Undecodable("decode", "another size than was declared")
        times = scale.halvings(width, height, self._side)
        if pixels.shape[2] == 4:
            image = Image.fromarray(pixels if rgb else cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA))
            image = image.reduce(1 << times) if times else image
            return _Loaded(colour.bgr(colour.opaque(image, None)), width, height, 1 << times, icc=icc)
        return _Loaded(scale.halved(pixels, times), width, height, 1 << times, icc=icc, rgb=rgb)

    @property
    def _side(self) -> int:
        return self._limits.shortest_side_px

    def _target(self, width: int, height: int) -> tuple[int, int]:
        shortest = min(width, height)
        if shortest <= self._side:
            return width, height
        return max(1, round(width * self._side / shortest)), max(1, round(height * self._side / shortest))

    def _finished(self, loaded: _Loaded) -> Decoded:
        """Scaled, in sRGB, upright, measured and encoded."""
        import cv2

        width, height = loaded.width, loaded.height
        size = self._target(width, height)
        factors = size[0] * loaded.scale / width, size[1] * loaded.scale / height
        pixels = loaded.pixels
        if isinstance(pixels, Planes) and turbojpeg.available():
            planes = pixels.fitted(factors, size)
            luma = planes.luma
            encoded = turbojpeg.encoded(planes, self._limits.quality)
        else:
            whole = pixels.bgr() if isinstance(pixels, Planes) else pixels
            pixels = colour.as_bgr(scale.fitted(whole, factors, size), loaded.rgb)
            if loaded.icc is not None and not colour.is_srgb(loaded.icc):
                pixels = colour.by_profile(pixels, loaded.icc)
            if loaded.orientation > 1:
                pixels = colour.upright(pixels, loaded.orientation)
                width, height = (height, width) if loaded.orientation >= 5 else (width, height)
            luma = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
            encoded = self._encoded(pixels)
        if not encoded:
            raise Undecodable("decode", "the pixels cannot be encoded")
        sharpness = float(cv2.meanStdDev(cv2.Laplacian(luma, cv2.CV_16S))[1][0, 0]) ** 2
        return Decoded(
            jpeg=encoded,
            width=luma.shape[1],
            height=luma.shape[0],
            original_width=width,
            original_height=height,
            contrast=float(cv2.meanStdDev(luma)[1][0, 0]),
            sharpness=sharpness,
            pdq=pdq(luma),
        )

    def _encoded(self, pixels: Pixels) -> bytes | None:
        import cv2

        encoded, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, self._limits.quality])
        return jpeg.tobytes() if encoded else None


def _has_metadata(webp: bytes) -> bool:
    """Whether an extended WebP says that it carries a colour profile or EXIF, which OpenCV would ignore."""
    return webp[12:16] == b"VP8X" and bool(webp[20] & 0x28)
