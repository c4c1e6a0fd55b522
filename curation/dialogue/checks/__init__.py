"""The checks of a turn, from cheap to dear, and how a turn is held to them.

    what                                   checks (kind)                         reasons
    schema, sentences, grammar             form, grammar                         malformed
    length, repetition, earlier turns      length, repetition                    too_short, too_long, repetition
    template tokens, roles, URLs, markup   debris                                debris
    language of question and answer        language                              wrong_language
    leaks of caption, prompt, examples     leak, prompt_leak                     caption_leak, prompt_leak
    refusals, assistants' boilerplate      refusal                               refusal
    support by the evidence                words, numbers, gender, negation,     unsupported, too_short
                                           relations, cue, coverage
    the question                           presupposition, unseen, premise,      bad_question
                                           answered
    personal data, abuse                   personal_data, toxicity               personal_data, toxic

What these catch: words, numbers, names and colours that the evidence does not give; in English who does, has and wears
what, and what stands where; in Spanish and German which qualities stand with which nouns, and who of several does and
has what. What they leave to the judge: paraphrase that needs knowledge of the world (they fail 1 to 5 % of the
true turns that a 1.5B model writes by this project's prompts, 5 to 15 % of freer ones of the kinds they were mended on,
a seventh to a fifth of the first replies of strong writers to those prompts, and seven tenths of what such a one
freely says of a caption: sums, denials, single words, inferences of his own), which of two things a last phrase hangs
on ("cake with candles on a plate"), and the gender of German nouns that the caption does not tell.

Two layers are no checks of a single turn: evaluation sets (`contamination.py`, contaminated) and the model-graded judge
(`stages/judge.py`, judged_unsupported). A new check is a class with a `kind`, its thresholds and
`check(context) -> Reject | None`, added to `Check`. `python -m tests.bench.bench_quality` prints how each does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from curation.dialogue.checks.base import BaseCheck, Context
from curation.dialogue.checks.foreign import Language, PromptLeak, Toxicity
from curation.dialogue.checks.form import Debris, Form, Leak, Length, PersonalData, Refusal, Repetition
from curation.dialogue.checks.grammar import Grammar
from curation.dialogue.checks.premise import Premise
from curation.dialogue.checks.questions import Answered, Presupposition, Unseen
from curation.dialogue.checks.relations import Relations
from curation.dialogue.checks.support import Coverage, Cue, Gender, Negation, Numbers, Words
from curation.dialogue.model import Evidence, Turn
from curation.samples import Reject

Check = Annotated[
    Form
    | Grammar
    | Length
    | Debris
    | PersonalData
    | Toxicity
    | Leak
    | PromptLeak
    | Refusal
    | Language
    | Repetition
    | Words
    | Numbers
    | Gender
    | Negation
    | Cue
    | Coverage
    | Relations
    | Presupposition
    | Unseen
    | Premise
    | Answered,
    Field(discriminator="kind"),
]


def default_checks() -> tuple[Check, ...]:
    """Every check with its own thresholds, in the order in which they speak."""
    return (
        Form(),
        Grammar(),
        Length(),
        Debris(),
        PersonalData(),
        Toxicity(),
        Leak(),
        PromptLeak(),
        Refusal(),
        Language(),
        Repetition(),
        Words(),
        Numbers(),
        Gender(),
        Negation(),
        Cue(),
        Coverage(),
        Relations(),
        Presupposition(),
        Unseen(),
        Premise(),
        Answered(),
    )


def failures(
    checks: Sequence[BaseCheck], turn: Turn, evidence: Evidence, earlier: Sequence[Turn] = ()
) -> list[tuple[str, Reject]]:
    """The checks that `turn` fails, each with its kind, in order."""
    context = Context(turn, evidence, earlier)
    found = ((getattr(check, "kind", type(check).__name__), check.check(context)) for check in checks)
    return [(kind, reject) for kind, reject in found if reject is not None]


__all__ = ["BaseCheck", "Check", "Context", "default_checks", "failures"]
