"""The check of a false premise: the evidence refutes it, and the answer denies it and puts it right."""

from __future__ import annotations

from typing import Literal

from curation.dialogue.checks.base import FALSE_PREMISE, BaseCheck, Context, fail
from curation.dialogue.denied import is_denial
from curation.dialogue.premise import premise_foci
from curation.dialogue.scene import Kind, Phrase, Scene, Token, plural, read
from curation.samples import Reason, Reject

ENDS = frozenset({"but", "because", "since", "that"})  # what a denial is about ends here
PLAIN = frozenset(
    {"any", "anything", "anybody", "anyone", "one", "ones", "only", "just"}
    | {"actually", "really", "instead", "rather", "but"}
)


class Premise(BaseCheck):
    """A false premise is one that the evidence refutes, and the answer denies it and puts it right, no more: what it
    denies holds the wrong word each time and never the right one, what it states holds the right one and never the
    wrong, and both keep to the words of the question and of the truth that answers it."""

    kind: Literal["premise"] = "premise"

    def check(self, context: Context) -> Reject | None:
        if context.turn.response_type != FALSE_PREMISE:
            return None
        asked = next((f for f in premise_foci(context.evidence) if f.topic == context.turn.question), None)
        if asked is None:
            return fail(Reason.BAD_QUESTION, "the evidence does not refute what the question takes for granted")
        slips = [phrase.text for phrase in context.answer.phrases if plural(phrase) and _is_no(phrase, context.answer)]
        if slips:
            return fail(Reason.MALFORMED, f"the answer is ungrammatical: “is {slips[0]}”")
        stated, denied = _parts(context.answer)
        if not denied:
            return fail(Reason.UNSUPPORTED, "the answer does not deny the false premise")
        if any(not asked.asked & stems or asked.expected & stems for stems in denied):
            return fail(Reason.UNSUPPORTED, "the answer denies something else")
        if asked.asked & stated or not asked.expected & stated:
            return fail(Reason.UNSUPPORTED, "the answer does not put it right")
        truth = read(asked.hint, context.lexicon)
        known = {token.stem for token in truth.tokens} | context.lexicon.stems(PLAIN) | context.lexicon.frame
        known |= context.question_stems & (context.evidence.supported | asked.asked)  # no "big" of "How big are ...?"
        told = {token.stem for token in context.answer.content if not is_denial(token.lower)}
        if told - known or _places(context.answer, truth, context):
            return fail(Reason.UNSUPPORTED, "the answer tells more than what is right")
        return None


def _is_no(phrase: Phrase, answer: Scene) -> bool:
    """Whether a phrase is what "is no" denies."""
    return phrase.start > 0 and answer.tokens[phrase.start - 1].lower == "is" and phrase.words[0].lower == "no"


def _parts(answer: Scene) -> tuple[frozenset[str], list[frozenset[str]]]:
    """The stems that an answer states, and those of each denial: up to the next mark, "but" or denial. A "no" that
    stands alone denies nothing in particular."""
    stated: set[str] = set()
    denied: list[set[str]] = []
    inside = False
    for token in answer.tokens:
        if is_denial(token.lower):
            denied.append(set())
            inside = True
        elif token.kind is Kind.BREAK or token.lower in ENDS:
            inside = False
        elif inside:
            denied[-1].add(token.stem)
        else:
            stated.add(token.stem)
    return frozenset(stated), [frozenset(stems) for stems in denied if stems]


def _places(answer: Scene, truth: Scene, context: Context) -> bool:
    """Whether the answer has a preposition that neither the truth nor the question has, but for "in the photo"."""
    given = {context.lexicon.same(token.lower) for token in (*truth.tokens, *context.question.tokens)}

    def pictured(at: int) -> bool:
        rest: list[Token] = [token for token in answer.tokens[at + 1 :] if token.kind is not Kind.FUNCTION]
        return bool(rest) and rest[0].stem in context.lexicon.depictions | context.lexicon.frame

    return any(
        token.kind is Kind.PREPOSITION and context.lexicon.same(token.lower) not in given and not pictured(at)
        for at, token in enumerate(answer.tokens)
    )
