"""Figures on dialogues and tokens."""

from __future__ import annotations

import pytest

from curation.inference.spent import Spent
from curation.report.statistics import Tally
from tests.unit.report.samples import accepted, rejected, table_of, turn


def test_kept_turns_are_counted_by_type_and_first_word_and_dropped_ones_by_check() -> None:
    tally = Tally()
    tally.take(table_of([accepted(1), accepted(2, turns=[turn("conversation", "What's up?", "A kite.")])]))
    tally.take(table_of([rejected(1, "unsupported", turns=[turn("conversation", "Why?", "So.", "too_short: 1 word")])]))
    facts = tally.facts()
    assert facts.response_types == {"conversation": 2, "detailed_description": 1}
    assert facts.first_words == {"what": 1, "describe": 1, "what's": 1}
    assert facts.topics == {"object": 2, "description": 1}
    assert facts.failed_checks == {"unsupported": 1, "too_short": 1}
    assert (facts.dialogues, facts.turns, facts.turns_written) == (2, 3, 5)
    assert facts.turns_per_dialogue == {1: 1, 2: 1}


def test_tokens_of_rejected_rows_are_counted_by_reason() -> None:
    tally = Tally()
    tally.take(
        table_of([accepted(1), rejected(1, "refusal", prompt_tokens=7, completion_tokens=3), rejected(2, "blank")])
    )
    facts = tally.facts()
    assert facts.spent_on_accepted == Spent(prompt_tokens=100, completion_tokens=20)
    assert facts.wasted == {"refusal": Spent(prompt_tokens=7, completion_tokens=3)}
    assert facts.spent.tokens == 130


def test_a_kept_turn_pays_for_the_dropped_ones_of_its_type() -> None:
    tally = Tally()
    tally.take(table_of([accepted(1)]))  # 120 tokens, three turns: two conversation, of which one was dropped
    wasted = [turn("conversation", "Why?", "So.", "too_short: 1 word")]
    tally.take(table_of([rejected(1, "too_short", turns=wasted, prompt_tokens=30, completion_tokens=10)]))
    facts = tally.facts()
    assert facts.spent_per_kept_turn("conversation").tokens == pytest.approx(40 + 40 + 40)
    assert facts.spent_per_kept_turn("detailed_description").tokens == pytest.approx(40)


def test_requests_that_brought_nothing_are_counted_as_waste() -> None:
    tally = Tally()
    tally.take(table_of([rejected(1, "llm_failed", llm_requests=3, llm_retries=9, llm_seconds=12.5)]))
    assert tally.facts().wasted == {"llm_failed": Spent(requests=3, retries=9, seconds=12.5)}


def test_nothing_read_gives_figures_of_nothing() -> None:
    assert (Tally().facts().spent, Tally().facts().turns, Tally().facts().answer_words) == (Spent(), 0, 0.0)
