"""Support of relations in languages whose sentences are not read: which adjectives and numbers stand with which nouns.

Words bond when they stand side by side in the evidence, with no function word between them: "dos burros negros junto a
una valla blanca" bonds two and black with donkeys, white with the fence. An answer may call nothing white but what
white is bonded with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from curation.dialogue.checks.base import Context
from curation.dialogue.lexicon import Lexicon
from curation.dialogue.scene import Kind, Scene, Token

Run = tuple[Token, ...]
OF = frozenset({"de", "del"})
GERUND = "ndo"


def bad_bonds(context: Context) -> Iterator[str]:
    """What an answer puts together and the evidence does not."""
    lexicon = context.lexicon
    given = [run for scene in context.evidence.scenes for run in _runs(scene, lexicon, lexicon.copulas)]
    for run in _runs(context.answer, lexicon):
        yield from _misplaced(run, given, lexicon)
    yield from _half(context, given)
    yield from _miscalled(context, given)


def _misplaced(run: Run, given: Sequence[Run], lexicon: Lexicon) -> Iterator[str]:
    """A colour or a number beside a noun that it is not bonded with."""
    fixed = lexicon.colours | set(lexicon.numbers)
    nouns = {token.stem for token in run} - fixed - lexicon.frame
    for token in run:
        if (
            token.stem in fixed
            and nouns
            and not nouns & _bonded(token, given, lexicon)
            and _told(nouns, given, lexicon)
        ):
            yield f"the evidence has no “{' '.join(word.text for word in run)}”"


def _miscalled(context: Context, given: Sequence[Run]) -> Iterator[str]:
    """X is Y, where the evidence has Y beside something else. In "cesta de mimbre llena" what is full may be either."""
    lexicon, tokens = context.lexicon, context.answer.tokens
    answer = _runs(context.answer, lexicon)
    wide = [run for scene in context.evidence.scenes for run in _runs(scene, lexicon, OF | lexicon.copulas)]
    for at, token in enumerate(tokens[:-1]):
        if token.lower not in lexicon.copulas:
            continue
        after = [run for run in answer if run[0] is tokens[at + 1]]
        before = [run for run in answer if run[-1] in tokens[:at]]
        asked = [run for run in _runs(context.question, lexicon) if not _stems(run) <= lexicon.question_words]
        subject = before[-1:] or asked[-1:]
        if not after or not subject or (lexicon.capital_nouns and any(word.text[:1].isupper() for word in after[0])):
            continue
        for word in after[0]:
            if word.lower.endswith(GERUND):
                continue  # what somebody is doing is no quality
            bonded = _bonded(word, given if word.stem in lexicon.colours else wide, lexicon)
            if bonded and not _stems(subject[0]) & bonded and _told(_stems(subject[0]), given, lexicon):
                yield f"the evidence does not say that {subject[0][-1].text} {token.text} {word.text}"


def _half(context: Context, given: Sequence[Run]) -> Iterator[str]:
    """One color of a thing that the evidence gives two: "roja y blanca"."""
    colours, told = context.lexicon.colours, context.answer_stems
    for run in given:
        known, thing = _stems(run) & colours, _stems(run) - colours
        if len(known) > 1 and told & known and not known <= told and thing & (told | context.question_stems):
            yield f"the evidence has “{' '.join(word.text for word in run)}”"


def _runs(scene: Scene, lexicon: Lexicon, joining: frozenset[str] = frozenset()) -> list[Run]:
    """Content words that stand side by side; colours joined by "and", and words by one of `joining`, count as such."""
    runs: list[list[Token]] = [[]]
    for at, token in enumerate(scene.tokens):
        following = scene.tokens[at + 1] if at + 1 < len(scene.tokens) else None
        if token.kind in (Kind.WORD, Kind.VERB):
            noun = at > 1 and runs[-1][-1:] == [scene.tokens[at - 1]] and scene.tokens[at - 1].text[:1].isupper()
            if lexicon.capital_nouns and noun and token.text.islower():
                runs.append([])  # after a German noun comes its verb and no adjective
            runs[-1].append(token)
        elif token.lower not in joining and not (
            token.kind is Kind.CONJUNCTION
            and runs[-1]
            and following is not None
            and runs[-1][-1].stem in lexicon.colours
            and following.stem in lexicon.colours
        ):
            runs.append([])
    return [tuple(run) for run in runs if run]


def _bonded(word: Token, given: Sequence[Run], lexicon: Lexicon) -> frozenset[str]:
    """Stems of what stands beside a word in the evidence, and of what that may be called."""
    found = {token.stem for run in given if word.stem in _stems(run) for token in run}
    return lexicon.entailed(found)


def _told(stems: set[str] | frozenset[str], given: Sequence[Run], lexicon: Lexicon) -> bool:
    """Whether the evidence speaks of any of these at all; of the others the word check speaks."""
    return bool(stems & lexicon.entailed(token.stem for run in given for token in run))


def _stems(run: Run) -> frozenset[str]:
    return frozenset(token.stem for token in run)
