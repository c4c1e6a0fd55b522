"""The second reading of a caption: what it doubts is asked of nobody, and what it does not know leaves the first."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from curation.dialogue import parse as parse_module
from curation.dialogue.evidence import gather
from curation.dialogue.lexicon import lexicon
from curation.dialogue.parse import parse
from curation.dialogue.response_types import RESPONSE_TYPES
from curation.dialogue.words import Kind, Token


def _topics(caption: str) -> list[str]:
    evidence = gather(caption, "en")
    assert evidence is not None
    return [focus.topic for focus in RESPONSE_TYPES["conversation"].foci(evidence)]


@pytest.mark.parametrize(
    ("caption", "topic"),
    [
        ("A bulldog dressed as a bumblebee sits reluctantly on the back seat of a convertible.", "bumblebee is doing"),
        ("Commuters watch as a steam train pulls out, leaving a trail of white smoke.", "commuters are leaving"),
        ("A pelican perched on a weathered piling with its wings spread to dry.", "pelican is doing"),
        ("Female jumping spider guarding her egg sac on the underside of a fig leaf.", "female is"),
    ],
)
def test_nobody_is_asked_for_what_another_does_or_nobody(caption: str, topic: str) -> None:
    assert not [each for each in _topics(caption) if topic in each]


@pytest.mark.parametrize(
    ("caption", "topic"),
    [
        ("A plane flying low over a beach crowded with people.", "plane is flying"),
        ("A squirrel hangs upside down from a bird feeder to steal sunflower seeds.", "squirrel is hanging"),
        ("A cat watches goldfish swim in a round glass bowl on a shelf", "cat is watching"),
        ("Two referees hold back an angry hockey player whose helmet has fallen off.", "referees are holding"),
        ("A boy blowing out seven candles on a birthday cake", "boy is blowing"),
    ],
)
def test_what_is_no_object_of_a_verb_is_not_asked_for(caption: str, topic: str) -> None:
    assert not [each for each in _topics(caption) if topic in each]


@pytest.mark.parametrize(
    ("caption", "words"),
    [
        ("Kitchen with marble countertops, brass taps and a copper pot hanging over the stove", "pot hanging"),
        ("Workers at the Gdansk shipyard gather outside gate number two, August 1980.", "shipyard gather"),
        ("Pale pink peonies in a mason jar tied with twine", "jar tied"),
        ("Three young women in red saris carry brass pots on their heads.", "saris carry"),
        ("A couple kiss on a balcony while fireworks explode", "couple kiss"),
    ],
)
def test_a_verb_that_ends_a_phrase_makes_no_thing_of_it(caption: str, words: str) -> None:
    assert not [each for each in _topics(caption) if words in each]


@pytest.mark.parametrize(
    ("caption", "topic"),
    [
        ("A diver hovers above a wreck encrusted with orange sponges and soft coral.", "what the diver is doing"),
        ("Two boys in matching blue jackets throwing bread to ducks", "what the boys are throwing"),
        ("Shoppers queue outside a bakery in Budapest", "what the shoppers are doing"),
        ("A forklift driver and a guard are stacking crates in a warehouse", "are stacking"),
    ],
)
def test_where_the_parser_mistakes_a_verb_for_a_noun_or_a_jacket_for_a_doer_the_first_reading_stands(
    caption: str, topic: str
) -> None:
    assert [each for each in _topics(caption) if topic in each]


def test_of_a_word_that_stands_twice_each_is_read_for_itself() -> None:
    words = lexicon("en")
    assert words is not None
    verb = Token("hiding", "hiding", words.stem("hiding"), Kind.WORD)
    read = parse("a calf hiding from a dog in its hiding place", words)
    assert not read.is_thing([verb], [])
    assert read.is_thing([verb], [verb])


def test_what_the_parser_keeps_of_texts_it_has_read_is_let_go_after_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse_module, "RENEWED", 2)
    read = parse_module._Reader()
    vocabularies = [read(f"A dog called Rex{at} runs").vocab for at in range(3)]
    assert vocabularies[0] is vocabularies[1]
    assert "Rex0" in vocabularies[1].strings
    assert "Rex0" not in vocabularies[2].strings


def test_several_threads_read_what_one_reads() -> None:
    read = parse_module._Reader()
    texts = [
        f"A {animal} chases {number} balls past a tree" for animal in ("dog", "cat", "fox") for number in range(40)
    ]
    alone = [[word.dep_ for word in read(text)] for text in texts]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda text: [word.dep_ for word in read(text)], texts)) == alone


def test_a_parser_brings_no_pytorch_into_an_actor_that_needs_none() -> None:
    code = (
        "import sys\n"
        "from curation.dialogue.lexicon import lexicon\n"
        "from curation.dialogue.parse import parse\n"
        "parse('A dog runs.', lexicon('en'))\n"
        "assert 'spacy' in sys.modules and 'torch' not in sys.modules\n"
        "import torch\n"
        "assert torch.ones(1).item() == 1\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
