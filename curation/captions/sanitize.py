"""The one sanitizer of alt-text: what a stranger wrote becomes one line of plain text that no model or page obeys.

It removes what only machines read (markup, chat-template tokens, role markers, links, invisible characters) and
keeps the words. Words that try to instruct the model are not removed here; a filter rejects such a caption.
"""

from __future__ import annotations

import html
import re
import unicodedata

import ftfy

_SCRIPT = re.compile(r"<(script|style)\b.*?(</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
# A whole turn or system message of a chat template: what it holds was written for a model, not about an image.
_TURN = re.compile(
    r"<\|im_start\|>.{0,1000}?(?:<\|im_end\|>|$)|<\|start_header_id\|>.{0,1000}?(?:<\|eot_id\|>|$)"
    r"|<<SYS>>.{0,1000}?(?:<</SYS>>|$)|\[INST\].{0,1000}?\[/INST\]|<start_of_turn>.{0,1000}?(?:<end_of_turn>|$)",
    re.IGNORECASE | re.DOTALL,
)
# Markup, and every template token in angle brackets: <|im_start|>, <image>, <s>, </s>, <start_of_turn>, <<SYS>>.
_ANGLED = re.compile(r"<{1,2}[|\uff5c/!?]?\s*[A-Za-z_\u2581][^<>]{0,500}>{1,2}|<[|\uff5c][^<>]{0,60}[|\uff5c]?>|</?>|<!--.*?(-->|$)", re.DOTALL)
_SQUARE = re.compile(r"\[/?\s*(?:INST|SYS|SYSTEM|USER|ASSISTANT|AVAILABLE_TOOLS|TOOL_CALLS|IMG|IMAGE|BOS|EOS)\s*\]", re.IGNORECASE)
_BRACES = re.compile(r"\{\{.{0,200}?\}\}|\{%.{0,200}?%\}|\$\{.{0,200}?\}")
_ROLE = re.compile(
    r"(?:^|(?<=[\n.!?|>\"']))\s*(?:#{1,6}\s*)?(?:system|user|human|assistant|instruction|response|gpt|ai)\s*:\s*", re.IGNORECASE
)
_HEADING = re.compile(r"#{2,6}\s*(?:system|user|human|assistant|instructions?|response|input|output)\b\s*:?", re.IGNORECASE)
_URL = re.compile(r"(?:\b[a-z][a-z0-9+.-]{1,12}://|\bwww\.)\S+", re.IGNORECASE)
_EMAIL = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+\b")
_SPACE = re.compile(r"\s+")
# Characters that show nothing or steer rendering: controls, formats (zero-width, bidi, tags), private use, surrogates.
_DROPPED = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})


def repair(text: str) -> str:
    """Text with mojibake, entities and Unicode forms put right (ftfy, then NFC), invisible characters removed."""
    fixed = html.unescape(html.unescape(ftfy.fix_text(text, unescape_html=True)))
    fixed = unicodedata.normalize("NFC", fixed)
    return "".join(_shown(char) for char in fixed)


def sanitize(text: str) -> str:
    """One line without markup, template tokens, role markers, links, mail addresses or invisible characters.

    Runs until nothing changes, so that a token hidden in pieces of another ("<<s>image>") is gone too.
    """
    text = repair(text)
    for _ in range(8):
        before = text
        text = _SCRIPT.sub(" ", text)
        for pattern in (_TURN, _ANGLED, _SQUARE, _BRACES, _HEADING, _ROLE, _URL, _EMAIL):
            text = pattern.sub(" ", text)
        text = html.unescape(text)
        if text == before:
            break
    # What is left of brackets that never closed has no meaning in a caption and may have one in a template.
    text = re.sub(r"<[|\uff5c]|[|\uff5c]>|<<|>>|[<>{}`\\]", " ", text)
    return _SPACE.sub(" ", text).strip()


def has_url(text: str) -> bool:
    """Whether there is a link in the text."""
    return _URL.search(text) is not None


def _shown(char: str) -> str:
    if char in "\t\n\r":
        return char
    return " " if unicodedata.category(char) in _DROPPED and char != "\u00ad" else "" if char == "\u00ad" else char
