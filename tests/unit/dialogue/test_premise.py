"""False premises: asked only where the caption excludes them, in many ways, and answered by the truth alone."""

from __future__ import annotations

from collections import Counter

import pytest

from curation.dialogue.evidence import gather
from curation.dialogue.lexicon import lexicon
from curation.dialogue.model import Focus
from curation.dialogue.premise import premise_foci
from curation.dialogue.premise_table import NOT_SORTS, Table, claimed, several
from curation.dialogue.promptfile import prompt_file
from tests.bench.bench_quality import DATA, failed_checks, labelled
from tests.captions import web_captions
from tests.unit.dialogue.reading import evidence

KINDS = {
    "color", "count", "material", "state", "kind", "doer", "deed", "object", "wearing", "place", "time",
}  # fmt: skip


def hints(caption: str) -> dict[str, set[str]]:
    """The truths told of a caption, by kind of premise."""
    found: dict[str, set[str]] = {}
    for focus in premise_foci(evidence(caption)):
        found.setdefault(focus.kind, set()).add(focus.hint)
    return found


@pytest.mark.parametrize(
    ("caption", "kind", "hint"),
    [
        ("Red tractor parked outside an old stone barn", "color", "the tractor is red"),
        ("Red tractor parked outside an old stone barn", "material", "the barn is made of stone"),
        ("Red tractor parked outside an old stone barn", "state", "the barn is old"),
        ("Red tractor parked outside an old stone barn", "doer", "a tractor is outside an old stone barn"),
        ("Two nurses pushing a bed along a corridor", "count", "there are two nurses"),
        ("A juggler performing in a square", "count", "there is only one"),
        ("Women's Suede Ankle Boots with Brass Buckle", "kind", "they are boots"),
        ("Modern kitchen with green cabinets", "kind", "it is a kitchen"),
        ("Terrier sleeping on a wicker chair", "deed", "the terrier is sleeping on a wicker chair"),
        ("Terrier sleeping on a wicker chair", "doer", "a terrier is sleeping on a wicker chair"),
        ("Woman holding a kitten near a window", "object", "the woman is holding a kitten"),
        ("Boy in a green raincoat feeding geese", "wearing", "the boy is wearing a green raincoat"),
        ("Children sitting on a beach", "place", "the children are on a beach"),
        ("Rowing boats on a lake at dusk", "time", "the photo was taken at dusk"),
        ("Horses grazing in a foggy meadow", "time", "the photo was taken in a foggy meadow"),
    ],
)
def test_what_a_caption_tells_excludes_something(caption: str, kind: str, hint: str) -> None:
    assert hint in hints(caption)[kind]


@pytest.mark.parametrize(
    ("caption", "kinds"),
    [
        ("Chicken Soup for the Soul: Stories of Courage", KINDS),  # a book
        ("Chicago Hot Dogs: An American Classic", {"kind"}),  # no dogs
        ("Lions Selling 1500 Tickets For Thanksgiving Game", {"doer", "deed", "kind"}),  # a team
        ("Gary Cooper in High Noon", {"time"}),  # a film
        ("Dinner on their wedding night", {"time"}),  # nobody knows when that was
        ("Montana Laptop Bag - Screen", {"kind"}),  # a laptop's
        ("Black Diamond - Midweight Fleece Gloves", {"color"}),  # a brand
        ("Billabong Golden Tank Top - Mens", {"color"}),  # no tank
        ("DIY Snow White Mirror With Brushes", {"color"}),
        ("Earring and Necklace Set in Gold", {"kind"}),  # both
        ("Silk Road Museum, Old Town", {"state", "material"}),
        ("Brown Jordan Carlton Rug in Black", {"color"}),  # a brand
        ("Oil painting of a dog sleeping on a red sofa", KINDS),  # nothing need be so
        ("Boat on a lake that is not red", {"color"}),
        ("Girl wearing no hat in a park", {"wearing"}),
        ("Scientists lower a water sampling rosette", {"doer", "deed"}),  # nobody samples a rosette
        ("Grilled cheese with bacon on a plate", {"state"}),
        ("Harbor at dawn and at midnight", {"time"}),  # both
        ("Vintage wreath of leaves vector image", {"state"}),  # drawn
        ("Woman in a faux leather jacket", {"material"}),
    ],
)
def test_names_denials_likenesses_and_half_read_titles_exclude_nothing(caption: str, kinds: set[str]) -> None:
    assert not kinds & hints(caption).keys()


@pytest.mark.parametrize(
    "caption",
    [
        "Old black woman in a chair",
        "Small white boy beside two tall girls",
        "An elderly Indian man with brown skin",
        "Broken old man on a bench",
    ],
)
def test_no_premise_is_about_how_people_are_by_birth_or_age(caption: str) -> None:
    assert not {"color", "state", "material", "kind"} & hints(caption).keys()


def test_no_wrong_word_is_a_kind_of_the_right_one() -> None:
    english = lexicon("en")
    assert english is not None
    rows = Table.of(english).rows
    kin = [
        (sort, right, wrong)
        for sort, found in rows.items()
        for right, words in found.items()
        for wrong in words
        if not claimed(wrong, english) & english.entailed((right,))  # the caption then tells it too: no choice
        if right in english.entailed(claimed(wrong, english))
    ]
    assert kin == []


def test_a_premise_holds_a_wrong_word_of_which_the_caption_says_nothing_and_never_the_right_one() -> None:
    for caption in web_captions(150, 3):
        found = gather(caption, "en")
        for focus in premise_foci(found) if found is not None else []:
            assert focus.topic.endswith("?")
            assert "{" not in focus.topic
            assert not focus.asked & found.supported if found is not None else True
            assert focus.asked
            assert not focus.asked & focus.expected


def test_captions_carry_premises_of_every_kind_asked_in_many_ways() -> None:
    chosen: list[Focus] = []
    for caption in web_captions(300, 11):
        found = gather(caption, "en")
        chosen += premise_foci(found)[:1] if found is not None else []
    every = [f for caption in web_captions(300, 11) for f in premise_foci(evidence(caption))]
    assert {focus.kind for focus in every} == KINDS
    firsts = Counter(focus.topic.split()[0] for focus in every)
    assert set(firsts) >= {"Why", "What", "Where", "How", "Who", "Which"}
    assert max(firsts.values()) < 0.5 * len(every)
    assert len(chosen) > 100


def test_every_kind_of_premise_has_its_examples_for_the_writer() -> None:
    prompt = prompt_file("false_premise")
    assert prompt is not None
    assert set(prompt.examples) == KINDS


def test_the_same_caption_has_the_same_premises() -> None:
    caption = "Two nurses pushing a bed along a corridor"
    assert premise_foci(evidence(caption)) == premise_foci(evidence(caption))


def test_a_premise_of_another_language_is_not_made() -> None:
    assert premise_foci(evidence("Ein roter Traktor vor einer alten Scheune", "de")) == []


@pytest.mark.parametrize(
    ("one", "many"), [("dog", "dogs"), ("bus", "buses"), ("fisherman", "fishermen"), ("child", "children")]
)
def test_nouns_have_plurals(one: str, many: str) -> None:
    assert several(one) == many


def test_answers_pass_that_put_it_right_and_no_other() -> None:
    cases = labelled(DATA / "turns_premise.tsv")
    right = [case for case in cases if case.label == "good"]
    wrong = [case for case in cases if case.label != "good"]
    lost = [case.turn.answer for case in right if failed_checks(case)]
    passed = [case.turn.answer for case in wrong if case.label not in failed_checks(case)]
    assert len(right) >= 40
    assert len(wrong) >= 60
    assert lost == []
    assert passed == []


def test_the_tables_words_are_sorted_into_what_is_read() -> None:
    english = lexicon("en")
    assert english is not None
    table = Table.of(english)
    assert not set(NOT_SORTS) & table.rows.keys()
    assert {deed for words in table.rows["deed"].values() for deed in words} == table.asks.keys()
