"""What makes a turn miss the question that was to be asked."""

from __future__ import annotations

from curation.dialogue.focus import foci
from curation.dialogue.model import Focus, Turn
from curation.dialogue.writing import off_focus
from tests.unit.dialogue.reading import evidence


def test_a_question_about_a_second_thing_too_misses_what_one_is_made_of() -> None:
    told = evidence("Cardboard boxes and plastic tubs on gray garage shelves")
    focus = next(each for each in foci(told) if each.topic == "what the tubs are made of")
    one = Turn("conversation", "What are the tubs made of?", "The tubs are made of plastic.")
    two = Turn("conversation", "What are the cardboard boxes and tubs made of?", "They are made of plastic.")
    assert off_focus(one, focus, told) == []
    assert off_focus(two, focus, told) == ["off focus: the question is about something else too"]


def test_an_answer_that_ends_in_a_short_form_breaks_off() -> None:
    told = evidence("Pope Francis greets a boy in St. Peter's Square")
    focus = next(each for each in foci(told) if each.kind == "doing")
    cut = Turn("conversation", "What is Pope Francis doing?", "Pope Francis is greeting a boy in St.")
    assert off_focus(cut, focus, told) == ["off focus: the answer breaks off"]


def test_what_is_shown_may_be_asked_with_a_nearer_word() -> None:
    told = evidence("Bowl of tomato soup with basil")
    focus = next(each for each in foci(told) if each.kind == "kind")
    dish = Turn("conversation", "What dish is shown in the photo?", "It is a bowl of tomato soup with basil.")
    taste = Turn("conversation", "How does it taste?", "It is a bowl of tomato soup with basil.")
    assert off_focus(dish, focus, told) == []
    assert off_focus(taste, focus, told) == ["off focus: the question is about something else"]


def test_an_answer_is_wordy_where_it_tells_all_that_the_caption_does() -> None:
    told = evidence("A grey heron crossing a reed-lined dyke between two mills")
    focus = Focus("doing", "the grey heron", subject=frozenset({"heron"}))
    question = "What is the grey heron doing?"
    some = Turn("conversation", question, "The grey heron is crossing a reed-lined dyke between two mills.")
    assert off_focus(some, focus, told) == []
    everything = Turn("conversation", "What is it doing here?", some.answer)
    assert off_focus(everything, focus, told) == ["wordy: the answer tells more than was asked"]


def test_what_kind_of_thing_is_shown_is_no_list_of_others() -> None:
    told = evidence("Bunk beds built into the wall, with a window for each child and a lamp")
    focus = next(each for each in foci(told) if each.kind == "kind")

    def missed(answer: str) -> list[str]:
        return off_focus(Turn("conversation", "What furniture is shown?", answer), focus, told)

    assert missed("It shows bunk beds and a window.") == ["off focus: the answer names what was not asked for too"]
    assert missed("These are bunk beds built into the wall.") == []
    assert missed("These are bunk beds with a window and a lamp.") == []
