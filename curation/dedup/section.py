"""The recipe section `dedup`."""

from __future__ import annotations

from pydantic import Field

from curation.section import Section


class DedupSection(Section):
    """Which samples count as the same, and against what they are held."""

    enabled: bool = True
    """Off: every stage of this name lets all rows pass."""
    near_image_bits: int = Field(31, ge=0, le=63)
    """Two images are near-duplicates when their 256-bit PDQ hashes differ in at most this many bits. 31 is what
    PDQ's authors advise ("The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", Facebook 2019)."""
    across_runs: bool = True
    """Also hold samples against what earlier runs accepted into the same table."""
