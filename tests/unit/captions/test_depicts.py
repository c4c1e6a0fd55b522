"""Alt-texts that tell of nothing to be seen are told from captions; all of them are of the kind that LAION holds."""

from __future__ import annotations

import pytest

from curation.captions.filters import CaptionFilter, DepictsFilter, LanguageFilter
from curation.samples import Reason
from curation.stages.captions import Captions, CaptionsSection

FILTER: CaptionFilter = DepictsFilter()
CAPTIONS = Captions(CaptionsSection())


@pytest.mark.parametrize(
    "caption",
    [
        "How to remove a password from Windows Vista",
        "25 Facts To Know About Ashley Furniture",
        "Top 10 Living Room Chairs of 2018",
        "Alexias Secrets (Unabridged) Audiobook",
        "Forever Changes Lyrics Love",
        "Is it time to sell your sofa?",
        "Apprenticeships making things happen in the social care sector",
        "Advances in Psychology Research",
        "Save The Date, Next Week",
        "Gone with the Wind",
        "The Body in the Boudoir (Faith Fairchild Series #20)",
        "Painting Watercolor Sky Techniques",
        "Shop our Featured Mullican flooring",
        "Learning To Play The Guitar",
    ],
)
def test_a_headline_an_offer_or_a_title_is_no_caption(caption: str) -> None:
    rejected = FILTER.check(CAPTIONS.look(caption))
    assert rejected is not None
    assert rejected.reason is Reason.NOT_DEPICTING


@pytest.mark.parametrize(
    "caption",
    [
        "Ash Falcon suede ankle boots in black",
        "Male osprey in flight",
        "Strawberries in a wicker basket",
        "Wolves at the edge of a forest",
        "Taj Mahal, Agra, India",
        "TAJ MAHAL, AGRA, INDIA",
        "Can-Am Defender in a garage",
        "Sunset at Three Mary Cays",
        "Blue keyring on a table",
        "Old photos of the Titanic",
    ],
)
def test_what_names_a_thing_a_creature_or_a_place_is_one(caption: str) -> None:
    assert FILTER.check(CAPTIONS.look(caption)) is None


def test_captions_in_other_languages_are_not_judged() -> None:
    assert FILTER.check(CAPTIONS.look("Wie man ein Kennwort aus Windows entfernt, ganz einfach erklärt")) is None


def test_it_stands_among_the_default_filters_after_the_language() -> None:
    kinds = [each.kind for each in CaptionsSection().filters]
    assert kinds.index("depicts") > kinds.index(LanguageFilter().kind)
