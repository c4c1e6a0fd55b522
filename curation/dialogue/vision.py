"""An image on its way to a model that sees: as a `data:` URI, so that no server fetches a stranger's address."""

from __future__ import annotations

import base64
from typing import Any

from curation.dialogue.promptfile import prompt_file


def data_uri(image: bytes) -> str:
    """The image, a JPEG as every image of ours, as a `data:` URI."""
    return f"data:image/jpeg;base64,{base64.b64encode(image).decode('ascii')}"


def with_image(messages: tuple[dict[str, Any], ...], uri: str) -> tuple[dict[str, Any], ...]:
    """The chat with the image in its last message and a word about it in the system text; what stands before the
    last message stays the same for every sample."""
    sees = prompt_file("vision")
    said = f"{messages[0]['content'].rstrip()} {sees.system.rstrip()}" if sees else messages[0]["content"]
    return ({**messages[0], "content": said}, *messages[1:-1], {**messages[-1], "content": seen(uri, messages[-1])})


def seen(uri: str, message: dict[str, Any]) -> list[dict[str, Any]]:
    """The content of a message with the image before its text."""
    return [{"type": "image_url", "image_url": {"url": uri}}, {"type": "text", "text": message["content"]}]
