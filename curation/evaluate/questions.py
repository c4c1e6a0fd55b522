"""What questions ask for, and how LLaVA-Instruct's are spread, to lay beside ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# In order: the first rule that finds its words in a question gives the topic. English alone; a question in another
# language is `other`. "Why", and all that asks for what is inferred, comes before what is merely asked for.
_RULES: tuple[tuple[str, str], ...] = (
    ("description", r"^(?:\w+ you )?(?:please )?(?:describe|explain|elaborate|analy[sz]e|summari[sz]e|write|tell)\b"),
    ("description", r"\b(?:describe|description|in detail|(?<!be )happening|going on|main focus|key elements)\b"),
    ("description", r"\bwhat (?:do|can) you see\b|\b(?:photo|picture|image) about\b"),
    ("description", r"\bwhat (?:is|does) (?:shown|depicted|(?:in )?(?:this|the) (?:photo|picture|image))\b"),
    ("reason", r"^why\b|\b(?:reasons?|purpose|might|may|could|would|infer\w*|suggests?|likely|probably|imagine)\b"),
    ("reason", r"\b(?:challenges?|benefits?|precautions?|measures|factors|impact|potential|how can you tell)\b"),
    ("count", r"\bhow (?:many|much)\b|\bnumber of\b"),
    ("color", r"\bcolou?r(?:s|ed)?\b"),
    ("text", r"\b(?:written|words?|letters|says?|text|title|slogan|caption)\b"),
    ("yes or no", r"^(?:is|are|was|were|does|do|did|has|have|can|will)\b"),
    ("place", r"^(?:and )?where\b|\b(?:position|location|located|place|setting|scene|environment|room)\b"),
    ("time", r"^when\b|\b(?:time of (?:day|year)|season|weather|day or night|year)\b"),
    ("action", r"\bdoing\b|\b(?:activity|action|happened)\b"),
    ("relation", r"\b(?:between|next to|beside|behind|relation\w*|connection|compared?|interact\w*)\b"),
    (
        "kind",
        r"\b(?:kinds?|types?|breeds?|species|materials?|patterns?|made of|shape|size|style|stage|wearing|brand)\b",
    ),
    ("object", r"^(?:what|which|who|whom|whose)\b"),
)
OTHER = "other"
TOPICS = (*dict.fromkeys(name for name, _ in _RULES), OTHER)


def topic_of(question: str) -> str:
    """What a question asks for: one of TOPICS, by the first rule whose words it has."""
    text = " ".join(question.casefold().split())
    return next((name for name, words in _RULES if re.search(words, text)), OTHER)


@dataclass(frozen=True)
class Reference:
    """Questions of a published data set: shares by topic, by first word and by the first two words (the most frequent
    ones), and median words of questions and answers."""

    name: str
    topics: Mapping[str, float]
    first_words: Mapping[str, float]
    forms: Mapping[str, float]
    question_words: float
    answer_words: float


# Counted by the rules above on the sample of their data that LLaVA's authors publish (github.com/haotian-liu/LLaVA,
# playground/data/coco2014_val_gpt4_qa_30x3.jsonl): 30 images of COCO's validation set with a question of each type,
# asked by the pipeline that made LLaVA-Instruct (Liu et al. 2023, section 5.1). Types weigh as LLaVA-Instruct has
# records: 58 conversation, 23 description, 77 reasoning. Of 90 questions a share is known within some ten points, and
# by turns conversation would weigh more, for one record of it holds several. Where the whole data set is at hand,
# `curation evaluate --against` counts it.
LLAVA = Reference(
    name="LLaVA-Instruct (90 published questions)",
    topics=MappingProxyType({
        "reason": 0.455, "description": 0.182, "kind": 0.086, "object": 0.077, "count": 0.061, "action": 0.049,
        "relation": 0.028, "place": 0.024, "color": 0.024, "yes or no": 0.012,
    }),
    first_words=MappingProxyType({
        "what": 0.741, "how": 0.094, "can": 0.034, "why": 0.032, "describe": 0.024, "imagine": 0.016, "write": 0.015,
        "where": 0.012, "is": 0.012, "analyze": 0.01, "explain": 0.01,
    }),
    forms=MappingProxyType({
        "what is": 0.19, "what might": 0.097, "how many": 0.061, "what challenges": 0.049, "what could": 0.049,
        "what type": 0.037, "what are": 0.034, "can you": 0.034, "why might": 0.032, "what benefits": 0.032,
        "what do": 0.029, "what objects": 0.024,
    }),
    question_words=10,
    answer_words=80,
)  # fmt: skip
