"""Each check speaks when it should, and only then. The captions here are not those of the prompts."""

from __future__ import annotations

import pytest

from curation.dialogue.checks import default_checks
from curation.dialogue.model import Turn
from curation.dialogue.premise import premise_foci
from tests.unit.dialogue.reading import evidence, failed

COAT = "Man in blue coat walking with umbrella"


@pytest.mark.parametrize(
    ("caption", "question", "answer", "kind"),
    [
        (COAT, "What color is the man's coat?", "The man's coat is blue.", "conversation"),
        (COAT, "What is the man doing?", "He is walking with an umbrella.", "conversation"),
        (COAT, "What is the man wearing?", "The man is wearing a blue coat.", "conversation"),
        (COAT, "Describe the image.", "A man in a blue coat is walking with an umbrella.", "detailed_description"),
        (
            COAT,
            "What might the weather be like?",
            "It may be raining, because the man is walking with an umbrella.",
            "complex_reasoning",
        ),
        (
            "Bowl of rice with two eggs",
            "How many eggs are in the bowl?",
            "There are two eggs in the bowl.",
            "conversation",
        ),
        ("Chair beside a lamp", "What is beside the chair?", "A lamp is beside the chair.", "conversation"),
        ("Chair beside a lamp", "What is beside the lamp?", "A chair is beside the lamp.", "conversation"),
        ("Clerk stamping a letter", "Describe the image.", "A clerk stamps a letter.", "detailed_description"),
        ("Girl feeding a goat near a fence", "Where is the girl?", "The girl is near a fence.", "conversation"),
        ("Girl feeding a goat near a fence", "Where is the fence?", "The fence is near the girl.", "conversation"),
        ("Tourists in Lima in heavy rain", "In which city are the tourists?", "They are in Lima.", "conversation"),
        ("Baby asleep on a sofa", "What is the baby doing?", "The baby is sleeping on a sofa.", "conversation"),
        ("Three kittens in a basket", "How many kittens are there?", "There are three kittens.", "conversation"),
        ("Three kittens in a basket", "What animals are in the basket?", "They are cats.", "conversation"),
        ("Cup of tea on an oak table", "Where is the cup of tea?", "It is on an oak table.", "conversation"),
        ("Brick wall", "What is the wall made of?", "The wall is made of brick.", "conversation"),
        ("Sailor on deck, Naval Museum", "Where is this?", "It is at the Naval Museum.", "conversation"),
        ("Dog runs on the beach", "What is the dog doing?", "The dog is running on the beach.", "conversation"),
        ("Attic with a desk, a bed and two fans", "How many fans are in the attic?", "There are two.", "conversation"),
        ("Old sailor with a red beard", "What color is the old sailor's beard?", "The beard is red.", "conversation"),
        ("Waiting room with a blue sofa", "What color is the waiting room sofa?", "The sofa is blue.", "conversation"),
        ("Tower Bridge at dusk, London", "Where is Tower Bridge?", "Tower Bridge is in London.", "conversation"),
        (
            "Divers explore a wreck",
            "What are the divers exploring?",
            "The divers are exploring a wreck.",
            "conversation",
        ),
        (
            "Ada Byron speaking in Paris, May 2011",
            "Describe the image.",
            "Ada Byron is speaking in Paris, May 2011.",
            "detailed_description",
        ),
        ("Dachshund beside a crocus", "What is beside the dog?", "A plant is beside the dog.", "conversation"),
        ("Shoes in black and red", "What color are the shoes?", "The shoes are black and red.", "conversation"),
        ("Lamp under a mirror", "What is above the lamp?", "A mirror is above the lamp.", "conversation"),
        ("Baker frying eggs", "What are being fried?", "Eggs are being fried by the baker.", "conversation"),
        ("Model of a ship in a museum", "What is in the museum?", "A model of a ship is in a museum.", "conversation"),
    ],
)
def test_a_good_turn_passes_every_check(caption: str, question: str, answer: str, kind: str) -> None:
    assert failed(caption, question, answer, kind) == {}


@pytest.mark.parametrize(
    ("check", "reason", "caption", "question", "answer"),
    [
        ("form", "malformed", COAT, "What is the man doing", "The man is walking."),
        ("form", "malformed", COAT, "What is the man doing?", "The man is walking with"),
        ("form", "malformed", COAT, "What is the man doing?", ""),
        ("grammar", "malformed", "Two cows grazing", "What is the two cows doing?", "The cows are grazing."),
        ("grammar", "malformed", "Man in blue coat", "What is the man wearing?", "The man is wearing blue coat."),
        ("length", "too_short", COAT, "Doing?", "The man is walking."),
        ("length", "too_long", COAT, "What is the man doing?", "He is walking" + " with an umbrella" * 40 + "."),
        ("debris", "debris", COAT, "What is the man doing?", "The man is walking.<|im_end|>."),
        ("debris", "debris", COAT, "What is the man doing?", "The man is walking, see http://a.example/man."),
        ("leak", "caption_leak", COAT, "What is the man doing?", "The caption says the man is walking."),
        ("leak", "caption_leak", COAT, "What is mentioned about the man?", "The man is walking."),
        ("refusal", "refusal", COAT, "What is the man doing?", "I'm sorry, the man is walking."),
        ("repetition", "repetition", COAT, "What is he doing?", "The man is walking and the man is walking."),
        ("words", "unsupported", COAT, "What is the man wearing?", "The man is wearing a blue coat and a hat."),
        ("words", "unsupported", COAT, "How many coats are there?", "There are two coats."),
        ("words", "unsupported", "Cups on a table", "How many cups are there?", "There are several cups."),
        ("numbers", "unsupported", "Greek coins", "What is shown?", "It is a Greek coin."),
        ("gender", "unsupported", "Hiker on a hill", "Where is the hiker?", "She is on a hill."),
        ("negation", "unsupported", COAT, "What is the man doing?", "The man is not walking."),
        ("negation", "unsupported", "Girl who is no longer crying", "What is she doing?", "The girl is crying."),
        ("relations", "unsupported", COAT, "What color is the man?", "The man is blue."),
        ("relations", "unsupported", "Box beside a room with toys", "What is in the box?", "Toys are in the box."),
        ("relations", "unsupported", "Woman with a cup", "What is in the cup?", "The woman is in the cup."),
        ("relations", "unsupported", "Man watching a ship near a rock", "Where is he?", "The man is near a rock."),
        ("relations", "unsupported", "Man watching a ship near a rock", "What is near him?", "A rock is near the man."),
        ("relations", "unsupported", "Man with a dog", "Where is the dog?", "The dog is in the man."),
        ("relations", "unsupported", "Lamp on a desk near a door", "What is on the door?", "A lamp is on the door."),
        (
            "relations",
            "unsupported",
            "Boy painting a wall by a bus",
            "What is the bus doing?",
            "The bus paints a wall.",
        ),
        ("words", "unsupported", "Dog beside a flower", "What is beside the dog?", "A crocus is beside the dog."),
        ("relations", "unsupported", "Boy with a kite on his dad's arm", "What has he?", "The dad has a kite."),
        ("relations", "unsupported", "Hen with a chick in her nest box", "Where is it?", "The hen is in her nest box."),
        ("relations", "unsupported", "Model of a ship in a museum", "Where is it?", "The ship is in a museum."),
        ("presupposition", "bad_question", "Man in a hat", "What sport is the man watching?", "The man is in a hat."),
        ("presupposition", "bad_question", "Man in a hat", "Where is the man standing?", "The man is in a hat."),
        ("relations", "unsupported", COAT, "What color is the umbrella?", "It is a blue umbrella."),
        ("relations", "unsupported", COAT, "Where is the man?", "The man is in an umbrella."),
        (
            "relations",
            "unsupported",
            "Boy throwing a ball to a dog",
            "What is it doing?",
            "The dog is throwing a ball.",
        ),
        ("relations", "unsupported", "Wall with white paint", "What color is the wall?", "The wall is white."),
        ("relations", "unsupported", "Wedding cake with roses", "What is this?", "The cake is a wedding."),
        (
            "relations",
            "unsupported",
            "Girl blowing out candles on a cake",
            "Where is the girl?",
            "The girl is on a cake.",
        ),
        (
            "relations",
            "unsupported",
            "Teacher writing on a board",
            "Where is the teacher?",
            "The teacher is on a board.",
        ),
        ("relations", "unsupported", "Tower reflected in the lake", "Where is it?", "The tower is in the lake."),
        ("relations", "unsupported", "Wolf howling at the moon", "Where is the wolf?", "The wolf is at the moon."),
        (
            "relations",
            "unsupported",
            "Toddler with curly hair eating melon",
            "What is the toddler doing?",
            "The toddler is eating melon with curly hair.",
        ),
        (
            "relations",
            "unsupported",
            "Golden Gate Bridge in fog",
            "What color is the bridge?",
            "The bridge is golden.",
        ),
        ("words", "unsupported", "Moon rising over hills", "Where is the moon?", "The moon is setting over hills."),
        ("relations", "unsupported", "Cup on a saucer", "Where is the saucer?", "The saucer is on a cup."),
        ("presupposition", "bad_question", COAT, "Why is the man angry?", "The man is walking."),
        ("answered", "bad_question", COAT, "Is the man walking?", "The man is walking with an umbrella."),
        ("answered", "bad_question", "Yellow taxi", "What color is the yellow taxi?", "The yellow taxi is yellow."),
        ("answered", "bad_question", COAT, "What color is the coat?", "The man is walking."),
        ("answered", "bad_question", COAT, "How many men are there?", "The man is walking."),
        ("answered", "bad_question", "Boat at sunrise", "Where is the boat?", "The boat is at sunrise."),
        ("answered", "bad_question", "Girl in a pink tutu", "Where is the girl?", "The girl is in a pink tutu."),
        ("answered", "bad_question", "Girl with a red ball", "What color is the girl?", "The girl has a red ball."),
    ],
)
def test_a_bad_turn_fails_the_check_that_is_meant_for_it(
    check: str, reason: str, caption: str, question: str, answer: str
) -> None:
    assert failed(caption, question, answer).get(check) == reason


@pytest.mark.parametrize(
    ("answer", "check"),
    [
        ("It is raining, because the man has an umbrella.", "cue"),  # an inference told as a fact
        ("It may be raining.", "cue"),  # no reason
        ("It may be raining, because it is raining.", "cue"),  # the conclusion once more
        ("It may be raining, because the man is wearing a blue coat.", "cue"),  # no cue
        ("It may be raining, because it is with an umbrella.", "cue"),  # no sentence
        ("It may be raining, because the umbrella is of the man.", "cue"),  # two nouns and no reason
        ("The man may be sad, because he has an umbrella.", "cue"),  # not what an umbrella tells
        ("It may be raining, because the umbrella is large.", "words"),
        ("It may be raining, because the umbrella is blue.", "relations"),
    ],
)
def test_an_inference_must_hedge_and_rest_on_its_cue(answer: str, check: str) -> None:
    found = failed(COAT, "What might the weather be like?", answer, "complex_reasoning")
    assert found.get(check) in ("unsupported", "malformed")


def test_a_cue_within_a_name_of_something_else_carries_nothing() -> None:
    answer = "It is probably cold outside, because there is a snow leopard."
    found = failed("Snow leopard on a rock", "How cold might it be outside?", answer, "complex_reasoning")
    assert found["cue"] == "unsupported"


@pytest.mark.parametrize(
    ("question", "answer", "passes"),
    [
        ("Why is the coat {wrong}?", "The coat is not {wrong}. It is blue.", True),
        ("Why is the coat {wrong}?", "The coat is {wrong}.", False),
        ("Why is the coat {wrong}?", "The coat is not {wrong}.", False),
        ("Why is the coat {wrong}?", "The coat is not blue. It is {wrong}.", False),
        ("Why is the coat {wrong}?", "The coat is not blue. It is blue.", False),
        ("Why is the coat {wrong}?", "The coat is not {wrong}. It is a blue coat with a hood.", False),
        ("Why is the umbrella broken?", "The umbrella is not broken. It is blue.", False),
    ],
)
def test_a_false_premise_must_be_refuted_by_the_evidence_and_put_right(
    question: str, answer: str, passes: bool
) -> None:
    focus, *_ = premise_foci(evidence(COAT))
    wrong = focus.topic.removesuffix("?").split()[-1]
    found = failed(COAT, question.format(wrong=wrong), answer.format(wrong=wrong), "false_premise")
    assert (found == {}) is passes, found


def test_a_description_must_tell_a_fair_part_and_be_a_sentence() -> None:
    caption = "Old wooden boat on the shore of a calm lake"
    kind = "detailed_description"
    assert failed(caption, "Describe the image.", "The photo shows a boat.", kind) == {"coverage": "too_short"}
    assert failed(caption, "Describe the image.", "An old wooden boat on the shore of a lake.", kind) == {
        "grammar": "malformed"
    }


def test_what_is_painted_is_not_told_as_if_it_were_there() -> None:
    caption, kind = "Oil painting of a shepherd in the hills", "detailed_description"
    told = failed(caption, "Describe the image.", "The photo shows a shepherd in the hills.", kind)
    assert told["relations"] == "unsupported"
    assert failed(caption, "Describe the image.", "A painting shows a shepherd in the hills.", kind) == {}


def test_a_turn_that_says_what_an_earlier_one_said_fails() -> None:
    earlier = (Turn("conversation", "What is the man doing?", "The man is walking with an umbrella."),)
    found = failed(COAT, "What does he do?", "He, the man, is walking with the umbrella.", earlier=earlier)
    assert found["repetition"] == "repetition"


def test_every_check_has_its_own_kind() -> None:
    kinds = [check.kind for check in default_checks()]
    assert len(kinds) == len(set(kinds))


@pytest.mark.parametrize(
    ("language", "caption", "question", "answer"),
    [
        ("es", "Perro negro junto a una puerta verde", "¿De qué color es el perro?", "El perro es verde."),
        ("es", "Perro negro junto a una puerta verde", "¿Qué se ve?", "Un perro verde está junto a una puerta."),
        ("es", "Tres perros junto a una puerta", "¿Cuántas puertas hay?", "Hay tres puertas."),
        ("es", "Mujer con bolso y hombre con gorra", "¿Qué lleva la mujer?", "La mujer lleva una gorra."),
        ("es", "Perro persiguiendo a un gato", "¿Qué hace el gato?", "El gato persigue al perro."),
        ("es", "Madre leyendo un cuento a su hijo", "¿Qué hace el hijo?", "El hijo está leyendo un cuento."),
        ("de", "Frau mit Tasche und Mann mit Hut", "Was trägt die Frau?", "Die Frau trägt einen Hut."),
        ("de", "Hund jagt eine Katze", "Was macht die Katze?", "Die Katze jagt den Hund."),
        ("de", "Frau füttert Enten", "Was ist zu sehen?", "Das Foto zeigt eine Frau füttert Enten."),
        ("de", "Rote Kanne", "Was ist zu sehen?", "Das Foto zeigt eine Rote Kanne."),
        ("es", "Perro viejo junto a una puerta rota", "¿Cómo es el perro?", "El perro es roto."),
        ("de", "Schwarzer Hund vor einer grünen Tür", "Welche Farbe hat der Hund?", "Der Hund ist grün."),
        ("de", "Schwarzer Hund vor einer grünen Tür", "Was ist da?", "Ein grüner Hund ist vor einer Tür."),
        ("de", "Drei Hunde vor einer Tür", "Wie viele Türen gibt es?", "Es gibt drei Türen."),
    ],
)
def test_qualities_and_deeds_stay_with_their_nouns_where_sentences_are_not_read(
    language: str, caption: str, question: str, answer: str
) -> None:
    assert {"unsupported", "malformed"} & set(failed(caption, question, answer, language=language).values())


@pytest.mark.parametrize(
    ("language", "caption", "question", "answer"),
    [
        ("es", "Perro blanco y negro junto a una puerta", "¿De qué color es el perro?", "El perro es blanco y negro."),
        ("es", "Gran casa roja con tejado viejo", "¿Cómo es el tejado?", "El tejado es viejo."),
        ("de", "Schwarz-weißer Hund auf einem alten Sofa", "Wie ist das Sofa?", "Das Sofa ist alt."),
        ("es", "Mujer con bolso y hombre con gorra", "¿Qué lleva el hombre?", "El hombre lleva una gorra."),
        ("es", "Mujer con bolso y hombre con gorra en un bar", "¿Dónde está la mujer?", "La mujer está en un bar."),
        ("de", "Opa liest seinem Enkel ein Buch vor", "Was macht der Opa?", "Der Opa liest ein Buch vor."),
        ("de", "Der Zaun ist weiß und das Tor ist rot", "Welche Farbe hat das Tor?", "Das Tor ist rot."),
    ],
)
def test_qualities_and_deeds_that_the_evidence_gives_pass(
    language: str, caption: str, question: str, answer: str
) -> None:
    assert "relations" not in failed(caption, question, answer, language=language)
