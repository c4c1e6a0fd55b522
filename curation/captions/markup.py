"""Markup in alt-text: HTML, BBCode, Markdown and templates that were never filled. The words stay."""

from __future__ import annotations

import re

_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), replacement)
    for pattern, replacement in (
        (r"<(script|style)\b.{0,5000}?(?:</\1\s*>|$)", " "),
        (r"<!--.{0,5000}?(?:-->|$)", " "),
        (r"<img\b[^<>]{0,500}?\balt\s*=\s*(?:\"([^\"<>]{0,500})\"|'([^'<>]{0,500})')[^<>]{0,500}>", r" \1\2 "),
        (r"</?[a-z][a-z0-9:-]{0,20}(?:\s[^<>]{0,500})?/?>", " "),
        (r"\[/?(?:b|i|u|s|img|url|quote|code|color|size|font|center|caption|gallery|embed)\b[^\[\]]{0,300}\]", " "),
        (r"!?\[([^\[\]]{0,500})\]\((?:[^()\s]{0,500})(?:\s\"[^\"]{0,200}\")?\)", r"\1"),
        (r"\{\{.{0,200}?\}\}|\{%.{0,200}?%\}|\$\{.{0,200}?\}|(?<!\w)%[a-z_]{2,30}%(?!\w)", " "),
        (r"(?<![\w*])(\*{1,3})(?=\S)([^*\n]{1,300}?)(?<=\S)\1(?![\w*])", r"\2"),
        (r"(?<!\w)(_{1,3}|~~)(?=\S)([^_~\n]{1,300}?)(?<=\S)\1(?!\w)", r"\2"),
        (r"(?:^|(?<=\n))\s{0,10}(?:#{1,6}|>|[-*+])\s+(?=\w)", ""),
    )
)


def strip_markup(text: str) -> str:
    """The text without tags, brackets and unfilled templates; what a link or an emphasis held stays."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text
