"""Short ways to build evidence and to ask which checks a turn fails."""

from __future__ import annotations

from curation.dialogue.checks import default_checks, failures
from curation.dialogue.evidence import gather
from curation.dialogue.model import Evidence, Turn


def evidence(text: str, language: str = "en") -> Evidence:
    found = gather(text, language)
    assert found is not None
    return found


def failed(
    caption: str,
    question: str,
    answer: str,
    kind: str = "conversation",
    language: str = "en",
    earlier: tuple[Turn, ...] = (),
) -> dict[str, str]:
    """Reason by kind of failed check."""
    turn = Turn(kind, question, answer)
    found = failures(default_checks(), turn, evidence(caption, language), earlier)
    return {name: str(reject.reason) for name, reject in found}
