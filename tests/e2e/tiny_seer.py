"""Makes the folder of a vision-language model: `python -m tests.e2e.tiny_seer TOKENIZER_FOLDER OUT`.

Idefics3's architecture (SmolVLM's first) with random weights, two layers each, and another model's tokenizer. It knows
nothing, and sees: what it says changes with the image. Of the architectures that vLLM 0.29 serves, this one needs no
torchvision, which would not stand beside torch for the CPU.
"""

from __future__ import annotations

import sys

SIDE_PX, PATCH_PX, SCALE = 56, 14, 2
TILE_TOKENS = (SIDE_PX // PATCH_PX // SCALE) ** 2
TILES = 5  # of a square image: two by two, and the whole


def make(tokenizer_folder: str, out: str) -> None:
    """Write model, processor and tokenizer."""
    import torch
    from transformers import AutoTokenizer, Idefics3Config, Idefics3ForConditionalGeneration, LlamaConfig
    from transformers.models.idefics3.configuration_idefics3 import Idefics3VisionConfig
    from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
    from transformers.models.idefics3.processing_idefics3 import Idefics3Processor

    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder)
    tiles = [f"<row_{row}_col_{column}>" for row in (1, 2) for column in (1, 2)]
    tokenizer.add_special_tokens({"additional_special_tokens": ["<global-img>", *tiles]})
    images = Idefics3ImageProcessorPil(size={"longest_edge": 2 * SIDE_PX}, max_image_size={"longest_edge": SIDE_PX})
    processor = Idefics3Processor(images, tokenizer, image_seq_len=TILE_TOKENS, chat_template=tokenizer.chat_template)
    ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    small = {"num_hidden_layers": 2, "num_attention_heads": 2}
    vision = Idefics3VisionConfig(
        hidden_size=32, intermediate_size=64, image_size=SIDE_PX, patch_size=PATCH_PX, **small
    )
    text = LlamaConfig(
        vocab_size=len(processor.tokenizer), hidden_size=64, intermediate_size=128, num_key_value_heads=2, head_dim=32,
        max_position_embeddings=4096, pad_token_id=tokenizer.pad_token_id, **ends, **small,
    )  # fmt: skip
    config = Idefics3Config(
        vision_config=vision, text_config=text, image_token_id=processor.image_token_id, scale_factor=SCALE,
        pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    Idefics3ForConditionalGeneration(config).to(torch.bfloat16).save_pretrained(out)
    processor.save_pretrained(out)


if __name__ == "__main__":
    make(*sys.argv[1:])
