"""The bench's photographs: those that ship with scikit-image and scikit-learn, in sizes and formats of the web."""

from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
from PIL import Image

MEGAPIXELS = (0.3, 0.5, 1.0, 2.0, 4.0, 8.0)
# Roughly what LAION's URLs serve: four fifths JPEG, the rest PNG and WebP.
FORMATS = ("JPEG",) * 8 + ("PNG", "WEBP")
_OPTIONS: dict[str, dict[str, int]] = {"JPEG": {"quality": 85}, "PNG": {}, "WEBP": {"quality": 80}}


def sources() -> list[Path]:
    """Eight photographs of 0.1 to 1 megapixel."""
    import skimage
    import sklearn

    ours = Path(skimage.__file__).parent / "data"
    theirs = Path(sklearn.__file__).parent / "datasets" / "images"
    names = ("astronaut.png", "coffee.png", "chelsea.png", "motorcycle_left.png", "hubble_deep_field.jpg", "rocket.jpg")
    return [ours / name for name in names] + [theirs / "china.jpg", theirs / "flower.jpg"]


def photographs(folder: Path, count: int = 60) -> list[Path]:
    """`count` files in `folder`, made once: each source in each size, formats in turn, with a camera's noise."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = sources()
    paths = []
    for number in range(count):
        picture = pictures[number % len(pictures)]
        megapixels = MEGAPIXELS[number // len(pictures) % len(MEGAPIXELS)]
        kind = FORMATS[(number * 7 + number // len(FORMATS)) % len(FORMATS)]
        path = folder / f"{number:03d}-{picture.stem}-{megapixels}.{kind.lower()}"
        if not path.exists():
            path.write_bytes(_made(picture, megapixels, kind, number))
        paths.append(path)
    return paths


def _made(picture: Path, megapixels: float, kind: str, seed: int) -> bytes:
    image = Image.open(picture).convert("RGB")
    factor = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
    image = image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.BICUBIC)
    noise = np.random.default_rng(seed).normal(0, 2.0, (image.height, image.width, 3))
    out = io.BytesIO()
    Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8)).save(out, kind, **_OPTIONS[kind])
    return out.getvalue()


def shuffled(paths: list[Path], count: int) -> list[Path]:
    """`count` of them in a fixed random order, each about equally often."""
    generator = random.Random(5)
    chosen = [paths[number % len(paths)] for number in range(count)]
    generator.shuffle(chosen)
    return chosen
