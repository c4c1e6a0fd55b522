from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa
import pytest
from pydantic import ValidationError

from curation.inference.chat import ChatAnswer, ChatRequest
from curation.samples import Reason, Reject, make_table, reject, sample_id
from curation.stages.base import check_rows
from curation.stages.rewrite import Rewrite, RewriteSection

GOOD = ChatAnswer("", "stop", 100, 10, "served", 0.1, 1)


class Scripted:
    """A chat that answers each request by a function, and keeps what it was asked."""

    def __init__(self, write: Callable[[ChatRequest], ChatAnswer]) -> None:
        self.write = write
        self.asked: list[ChatRequest] = []

    def ask(self, requests: list[ChatRequest]) -> list[ChatAnswer]:
        self.asked += requests
        return [self.write(request) for request in requests]


def says(text: str) -> ChatAnswer:
    return replace(GOOD, text=text)


def describe(request: ChatRequest) -> ChatAnswer:
    """Descriptions that repeat the caption; a fixed exchange for all else."""
    caption = json.loads(request.messages[-1]["content"].split("\n")[0].removeprefix("Caption: "))
    if "question" in (request.schema or {})["properties"]:
        return says(json.dumps({"question": "What color is the vase?", "answer": "The vase is red."}))
    article = "an" if caption[0] in "aeiou" else "a"
    return says(json.dumps({"answer": f"The photo shows {article} {caption}."}))


def table(*texts: str | None, language: str | None = "en") -> pa.Table:
    ids = [sample_id("http://a.example", text or "") for text in texts]
    return make_table({"sample_id": ids, "text": list(texts), "language": [language] * len(texts)})


ONLY_DESCRIPTIONS = RewriteSection(mix={"detailed_description": 1.0})


def test_a_dialogue_has_the_image_in_its_first_question_alone_and_roles_in_turn() -> None:
    chat = Scripted(describe)
    given = table("red vase on an oak shelf")
    after = Rewrite(RewriteSection(), chat)(given)
    check_rows("rewrite", given, after)
    (row,) = after.to_pylist()
    messages = row["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant"] * (len(messages) // 2)
    assert messages[0]["content"].startswith("<image>\n")
    assert sum("<image>" in message["content"] for message in messages) == 1
    assert len(messages) == 2 * len(row["turns"])
    assert row["evidence"] == [{"source": "alt_text", "text": "red vase on an oak shelf"}]
    assert row["model"] == "served"
    assert row["prompt"]
    assert row["prompt_tokens"] == 100 * len(chat.asked)
    assert row["completion_tokens"] == 10 * len(chat.asked)
    assert (row["llm_requests"], row["llm_retries"]) == (len(chat.asked), 0)
    assert row["llm_seconds"] > 0


def test_a_turn_is_asked_for_again_until_a_candidate_passes() -> None:
    texts = iter(['{"answer": "A green frog sits there."}', '{"answer": "The photo shows a red vase."}'])
    chat = Scripted(lambda request: says(next(texts)))
    (row,) = Rewrite(ONLY_DESCRIPTIONS, chat)(table("red vase")).to_pylist()
    assert [turn["answer"] for turn in row["turns"]] == ["The photo shows a red vase."]
    assert [request.temperature for request in chat.asked] == [0.0, 0.7]


def test_attempts_are_bounded_and_the_best_candidate_is_left_to_the_quality_stage() -> None:
    chat = Scripted(lambda request: says('{"answer": "A green frog sits there."}'))
    (row,) = Rewrite(ONLY_DESCRIPTIONS, chat)(table("red vase")).to_pylist()
    assert len(chat.asked) == ONLY_DESCRIPTIONS.attempts
    assert row["reason"] is None
    assert row["turns"][0]["answer"] == "A green frog sits there."


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (replace(GOOD, failure=Reason.LLM_FAILED, detail="timeout"), "llm_failed"),
        (replace(GOOD, text='{"answer": "The pho', finish_reason="length"), "llm_truncated"),
        (replace(GOOD, text="no json"), "llm_invalid"),
        (replace(GOOD, text=""), "llm_invalid"),
    ],
)
def test_a_row_without_any_answer_says_why(answer: ChatAnswer, reason: str) -> None:
    (row,) = Rewrite(ONLY_DESCRIPTIONS, Scripted(lambda request: answer))(table("red vase")).to_pylist()
    assert row["reason"] == reason
    assert row["messages"] is None


@pytest.mark.parametrize(("text", "language"), [(None, "en"), ("  ", "en"), ("Vaza e kuqe", "sq"), ("the of", "en")])
def test_no_llm_is_asked_about_a_row_without_evidence(text: str | None, language: str) -> None:
    chat = Scripted(describe)
    (row,) = Rewrite(RewriteSection(), chat)(table(text, language=language)).to_pylist()
    assert row["reason"] == "no_evidence"
    assert chat.asked == []


def test_rejected_rows_are_passed_over_and_rows_keep_their_places() -> None:
    given = reject(table("red vase", "blue vase", "oak shelf"), {1: Reject(Reason.BLANK, "x")})
    chat = Scripted(describe)
    after = Rewrite(ONLY_DESCRIPTIONS, chat)(given)
    check_rows("rewrite", given, after)
    assert [row["turns"] is not None for row in after.to_pylist()] == [True, False, True]
    assert len(chat.asked) == 2


def test_seeds_come_from_the_sample_id_and_only_when_asked_for() -> None:
    plain, seeded = Scripted(describe), Scripted(describe)
    (row,) = Rewrite(ONLY_DESCRIPTIONS, plain)(table("red vase")).to_pylist()
    assert row["seed"] is None
    assert plain.asked[0].seed is None
    section = RewriteSection(mix={"detailed_description": 1.0}, seed=True)
    (row,) = Rewrite(section, seeded)(table("red vase")).to_pylist()
    assert row["seed"] is not None
    assert seeded.asked[0].seed is not None
    again = Scripted(describe)
    Rewrite(section, again)(table("red vase"))
    assert [request.seed for request in again.asked] == [request.seed for request in seeded.asked]


@pytest.mark.parametrize("mix", [{}, {"conversation": -1.0}, {"chat": 1.0}, {"conversation": 0.0}])
def test_a_mix_that_cannot_be_met_is_a_bad_recipe(mix: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        RewriteSection(mix=mix)


@pytest.mark.parametrize(
    ("text", "question", "answer"),
    [
        ("Bride and groom cutting a cake", "What is the bride doing?", "The groom is cutting a cake."),
        ("Red bus crossing a bridge", "What color is the bus crossing a?", "The bus is red."),
    ],
)
def test_a_turn_that_is_true_and_answers_another_question_is_dropped(text: str, question: str, answer: str) -> None:
    section = RewriteSection(mix={"conversation": 1.0}, max_turns=1)
    chat = Scripted(lambda request: says(json.dumps({"question": question, "answer": answer})))
    (row,) = Rewrite(section, chat)(table(text)).to_pylist()
    assert (row["reason"], row["turns"]) == ("bad_question", [])
    assert row["detail"].startswith("off focus")


def test_an_answer_without_its_article_is_asked_for_again_and_kept_when_nothing_better_comes() -> None:
    texts = ["Police officer is directing traffic.", "A police officer is directing traffic."]
    for last in (0, 1):
        answers = iter([texts[0], texts[0], texts[last]])
        chat = Scripted(lambda request, answers=answers: says(json.dumps({"answer": next(answers)})))
        (row,) = Rewrite(ONLY_DESCRIPTIONS, chat)(table("Police officer directing traffic")).to_pylist()
        assert [turn["answer"] for turn in row["turns"]] == [texts[last]]


def test_a_reason_must_say_more_than_its_cue() -> None:
    section = RewriteSection(mix={"complex_reasoning": 1.0})
    for reason, kept in (("umbrella is red", 0), ("man is holding a red umbrella", 1)):
        answer = json.dumps({"answer": f"It may be raining, because the {reason}."})
        chat = Scripted(lambda request, answer=answer: says(answer))
        (row,) = Rewrite(section, chat)(table("Man holding a red umbrella")).to_pylist()
        assert len(row["turns"]) == kept
