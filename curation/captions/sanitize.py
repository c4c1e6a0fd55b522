"""The one sanitizer: what a stranger wrote becomes one line of plain text that no model and no page obeys.

It removes what only machines read (markup, chat-template tokens and the turns they open, role markers, links,
addresses, invisible characters) and keeps the words. Words that try to instruct a model are words still: the
filter `injection` rejects their caption. Use it on every text of a stranger that may reach a prompt, not on
alt-text alone.
"""

from __future__ import annotations

import html
import re
import unicodedata

from curation.captions.markup import strip_markup
from curation.captions.repair import repair

_ANY = re.IGNORECASE | re.DOTALL
# A whole turn or system message of a chat template: what it holds was written for a model, not about an image.
_TURN = re.compile(
    r"<\|im_start\|>.{0,2000}?(?:<\|im_end\|>|$)|<\|start_header_id\|>.{0,2000}?(?:<\|eot_id\|>|$)"
    r"|<<SYS>>.{0,2000}?(?:<</SYS>>|$)|\[INST\].{0,2000}?(?:\[/INST\]|$)|<start_of_turn>.{0,2000}?(?:<end_of_turn>|$)"
    r"|<\|(?:system|user|assistant)\|>.{0,2000}?(?:<\|(?:end|user|assistant)\|>|</s>|$)"
    # "### Human: ..." to the end, and a line that begins with a role below the caption
    r"|#{2,6}\s*(?:system|user|human|assistant|instructions?|response|input|output)\b\s*:.{0,20000}"
    r"|\n(?:system|user|human|assistant)\s*:.{0,20000}",
    _ANY,
)
_NAMES = (
    r"im_start|im_end|im_sep|endoftext|begin_of_text|end_of_text|eot_id|start_header_id|end_header_id|start_of_turn|"
    r"end_of_turn|begin_of_sentence|end_of_sentence|fim_\w{3,10}|endofprompt"
)
_ROLES = r"system|user|human|assistant|developer|instructions?|response|input|output|chatgpt|gpt|llama|claude|bot|ai"
_TOKENS = tuple(
    re.compile(pattern, _ANY)
    for pattern in (
        r"<{1,2}\s?[|/!?]{0,2}\s?[a-z_\u2581][^<>\n]{0,200}>{1,2}",  # <|eot_id|>, <s>, </s>, <image>, <<SYS>>, <unk>
        r"<\|[^<>\n]{0,60}\|?>|</?>|<0x[0-9a-f]{2}>",
        rf"\|?(?:{_NAMES})\|?",
        r"\[/?\s*(?:INST|SYS|SYSTEM|USER|ASSISTANT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|IMG|IMAGE|BOS|EOS|UNK|PAD"
        r"|CLS|SEP|MASK|gMASK|sop)\s*\]",
        rf"#{{2,6}}\s*(?:{_ROLES})\b\s*:?",
        rf"(?:^|(?<=[\n.!?>|\"']))\s*(?:\*\*|#\s*)?(?:{_ROLES})(?:\*\*)?\s*:\s*(?:\*\*)?",
    )
)
# Not the endings that a sentence begins with when the space is missing ("beach.In the distance"), and in small letters.
_DOMAINS = (
    r"(?-i:com|net|org|info|biz|io|co|tv|app|dev|xyz|top|shop|store|online|site|club|blog|ly|gl|eu|uk|de|fr|es|nl|pl|ru"
    r"|jp|cn|br|au|ca|ch|se|dk|fi|cz|example|COM|NET|ORG)"
)
_LINK = (
    r"(?:\b[a-z][a-z0-9+.-]{1,12}://|\bwww\.|\bmailto:(?=\S))[^\s<>\"]*[^\s<>\".,;:!?)\]]"
    r"|\b(?:javascript:(?=\S)|data:(?=\w+/|;|,)|tel:(?=\+?\d)|file:/)[^\s<>]+"
    rf"|(?<![\w@.])(?:[a-z0-9][a-z0-9-]{{1,62}}(?:\.|\[\.\]"
    rf"|\(dot\)))+{_DOMAINS}\b(?![.\w])(?:/[^\s<>\"]*[^\s<>\".,;:!?)\]])?"
)
_MAIL = r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"
_HANDLE = r"(?<![\w@])@[a-z_][\w.]{2,30}"
_URL = re.compile(_LINK, re.IGNORECASE)
# With the preposition that would be left hanging: "shoes at www.shop.example".
_ADDRESS = re.compile(
    rf"(?:\b(?:at|on|via|from|by|in|to|with|of|for|visit|see)\s+)?(?:{_MAIL}|{_LINK}|{_HANDLE})", re.IGNORECASE
)
_ROUNDS = 12
_BRACKETS = re.compile(r"[<>\[\]{}|#&]")
_LEFTOVER = re.compile(r"<\||\|>|<<|>>|[<>{}`\\]|\[\.\]|#{3,}")
_HOLLOW = re.compile(r"\(\s*\)|\[\s*\]")
_PICTOGRAPHS_FROM = 0x2190  # arrows, boxes, dingbats, emoji; below it are the degree and the copyright sign
_SKIN_TONES = range(0x1F3FB, 0x1F400)


def sanitize(text: str) -> str:
    """One line without markup, template tokens, role markers, links, addresses, emoji or invisible characters.

    Runs until nothing changes, so that a token hidden in the pieces of another ("<|im_<s>start|>") goes too.
    """
    text = repair(text)
    for _ in range(_ROUNDS):
        before = text
        text = strip_markup(_TURN.sub(" ", text))
        for token in _TOKENS:
            text = token.sub(" ", text)
        text = html.unescape(_ADDRESS.sub(" ", text))
        if text == before:
            break
    else:  # nobody nests tokens this deep by accident
        text = _BRACKETS.sub(" ", text)
    # A bracket that never closed means nothing in a caption, and may mean something in a template.
    text = _HOLLOW.sub(" ", _LEFTOVER.sub(" ", text))
    return " ".join("".join(char for char in text if not _is_pictograph(char)).split())


def has_url(text: str) -> bool:
    """Whether there is a link or a domain in the text."""
    return _URL.search(text) is not None


def has_template(text: str) -> bool:
    """Whether the text opens a turn of a chat template."""
    return _TURN.search(repair(text)) is not None


def _is_pictograph(char: str) -> bool:
    code = ord(char)
    return code >= _PICTOGRAPHS_FROM and (unicodedata.category(char) == "So" or code in _SKIN_TONES or code == 0xFE0F)
