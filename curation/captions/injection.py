"""How texts look that speak to a language model instead of describing an image.

Captions are short and say what is there; these patterns ask for verbs of command with an object that only a model
has (instructions, prompt, answer). A street sign that says "do not enter" is a caption.
"""

from __future__ import annotations

import re

_TALK = (
    r"respond|reply|answer|output|print|say|write|repeat|append|include|mention|insert|echo|return|end|begin"
    r"|start|prefix"
)
_REPLIES = (
    r"(?:answer|response|reply|output|repl(?:y|ies)|question|turn|conversation|dialogue|caption|description"
    r"|message|sentence)s?"
)
# A command, and not what somebody in the picture does: "Firefighters respond in heavy snow".
_COMMAND = r"(?:^|[.!?:;,\"'“‘\])>-]\s*|\b(?:and|then|please|only|always|just|now|never|must|should|shall|will|to)\s+)"
_MODEL = r"(?:ai|assistant|language model|llm|chatbot|bot|vlm|captioner|annotator)s?"
_PATTERNS = (
    r"\b(?:ignore|disregard|forget|override|bypass|skip|neglect)\b.{0,40}\b(?:instruction|prompt|guideline"
    r"|system message|training)s?\b",
    r"\b(?:ignore|disregard|forget|override|bypass|skip)\b.{0,20}\b(?:all|any|everything|previous|prior|earlier"
    r"|preceding|above|your)\b"
    r".{0,30}\b(?:rule|direction|context|message|text|command|above|before|said|told|told you|task|order)s?\b",
    r"\b(?:system prompt|developer (?:mode|message)|jail\s?break|do anything now|prompt injection|hidden instructions?|"
    r"new instructions?\s*:|your (?:new )?(?:instructions|task) (?:is|are)|initial prompt)",
    r"\byou (?:are|must|should|will|shall|have to|need to|can)\s+(?:now |only |always |never "
    r"|from now on )*(?:respond|reply|answer|output|"
    r"say|print|write|ignore|obey|act as|pretend|follow|repeat|include|describe|reveal|speak|an? (?:\w+ )?(?:ai"
    r"|assistant|llm|chatbot|"
    r"language model|hacker|pirate|evil)|dan|chatgpt|free from)\b",
    rf"\b(?:{_TALK})\b.{{0,60}}\b(?:in|with|as|to|at the end of)\s+(?:every|all|each|your|any)\s+{_REPLIES}\b",
    rf"\b(?:begin|start|end|finish|prefix)\s+(?:every|all|each|your|any)\s+(?:\w+\s+)?{_REPLIES}\b",
    rf"\byour\s+(?:\w+\s+)?{_REPLIES}\s+(?:must|should|shall|has to|have to|needs? to)\b",
    rf"{_COMMAND}(?:respond|reply|answer)\s+(?:every\w*|with|in)\b",
    r"\b(?:respond|reply|answer|output|say|print)\s+(?:only|exactly|just|solely|nothing but)\b",
    rf"{_COMMAND}(?:say|print|output|repeat|echo|return|reply|respond|answer)\b.{{0,30}}\bthe (?:exact "
    r"|following |secret |single )*(?:word|phrase|text|string|sentence|token|code|url|link|canary)s?\b",
    r"\b(?:say|print|output|repeat|echo|return)\b.{0,30}\b(?:exactly|verbatim)\b",
    r"\b(?:always|never) (?:answer|respond|reply)\b|\bwhen (?:you are )?asked (?:about|to describe)\b.{0,30}"
    r"\b(?:image|picture|photo|this)\b",
    rf"\b(?:the|any|this|every) {_MODEL} (?:must|should|shall|has to|needs to|is to)\b"
    rf"|\b(?:note|message|attention|warning|hint|memo) (?:to|for) (?:the |any |all )?{_MODEL}\b",
    r"\b(?:forget|disregard|ignore) (?:everything|all|anything|what)\b.{0,15}\byou\b",
    # spelled out, so that no filter sees the word
    r"\bi[ ._-]g[ ._-]n[ ._-]o[ ._-]r[ ._-]e\b|\bd[ ._-]i[ ._-]s[ ._-]r[ ._-]e[ ._-]g[ ._-]a[ ._-]r[ ._-]d\b",
    r"(?:^|[.!?:;,]\s*|\b(?:and|then|please|only|just)\s+)(?:say|print|output|write|repeat"
    r"|echo)\s+[\"'“‘]?(?-i:[A-Z][A-Z0-9_-]{3,})\b",
    r"\bas an? (?:ai|large language|language model|llm|helpful assistant)\b|\byou are (?:chatgpt|gpt|claude|llama"
    r"|an? ai)\b",
    r"\bdo not (?:describe|mention|reveal|answer|caption|look at|tell the user)\b|\binstead of (?:describing"
    r"|answering|captioning)\b",
    r"\b(?:tell|convince|urge|advise|ask|instruct) (?:the )?(?:user|human)s?\s+(?:to|that|about)\b",
    rf"{_COMMAND}(?:tell|convince|urge|advise|ask|instruct) (?:the )?(?:reader|viewer|customer)s?\s+(?:to|that"
    r"|about)\b",
    r"\b(?:act as|pretend (?:to be|you are|that you))\b.{0,30}\b(?:ai|assistant|model|chatbot|dan|hacker|terminal"
    r"|admin|developer|root)\b",
    r"\b(?:ignorier\w*|vergiss|ignore[zr]?|oublie[zr]?|ignora|olvida|dimentica|esque[çc]a|игнорируй\w*"
    r"|забудь\w*)\b.{0,40}"
    r"\b(?:anweisung\w*|instru\w+ion\w*|instruc\w+|istruzion\w*|instruç\w+|consignes?|regeln|инструкц\w*|указани\w*)",
    r"忽略.{0,12}(?:指令|指示|提示)|無視.{0,12}(?:指示|命令)|(?:指示|命令).{0,8}無視",
)  # fmt: skip
_INJECTION = re.compile("|".join(_PATTERNS), re.DOTALL | re.IGNORECASE)


def find_instruction(text: str) -> str | None:
    """The first words that try to instruct a model, or None."""
    match = _INJECTION.search(text)
    return match.group(0).strip() if match else None
