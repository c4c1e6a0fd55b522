"""Promise 25: what is asked to be erased is gone, its bytes too after vacuum, and does not come back."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from curation.samples import fill
from curation.stages.write import Write
from curation.table.commit import Committer
from curation.table.erase import erase
from curation.table.maintain import compact, vacuum
from curation.table.read import SampleTable
from curation.table.storage import OutputSection
from tests.unit.table.partitions import finished, partitions

ROWS = 9
NEEDLE = b"\xff\xd8 needle in the image \xff\xd9"
SECRET = "the caption of a person"
URLS = {3: "https://photos.person.example/me.jpg", 5: "https://person.example:8443/rejected.jpg"}


@pytest.fixture
def output(tmp_path: Path) -> OutputSection:
    return OutputSection(table=str(tmp_path / "table"), commit_every_partitions=1)


def _commit(output: OutputSection, file_id: str) -> None:
    """A partition in which row 3 is accepted and row 5 rejected, both of one person."""
    table = finished(partitions(file_id, 1, ROWS)[0])
    facts = table.schema.metadata
    table = fill(table, "url", URLS)
    table = fill(table, "caption", dict.fromkeys(URLS, SECRET))
    table = fill(table, "sha256", {3: "ab" * 32, 5: "cd" * 32})
    table = fill(table, "image", {3: {"bytes": NEEDLE, "path": None}})
    with Committer(SampleTable(output), "recipe", "run") as committer:
        committer.add(Write(output, "recipe", "run")(table.replace_schema_metadata(facts)))


def _found(output: OutputSection) -> list[str]:
    """Every place under the table where something of the person is left."""
    found = []
    for path in Path(output.table).rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        if NEEDLE in data or b"person" in data:
            found.append(path.name)
        elif path.suffix == ".parquet" and "outcome=" in path.parent.name:
            values = str(pq.read_table(path, partitioning=None).to_pylist())
            found += [path.name] * ("person" in values)
    return found


@pytest.mark.parametrize(
    "request_",
    [{"urls": list(URLS.values())}, {"domains": ["Person.example"]}, {"images": ["AB" * 32, "cd" * 32]}],
    ids=["url", "domain", "hash"],
)
def test_promise_25_what_is_erased_is_gone_and_never_comes_back(output: OutputSection, request_: dict) -> None:
    _commit(output, "f")
    compact(SampleTable(output))
    assert _found(output)
    done = erase(SampleTable(output), **request_)
    assert (done.rows, done.files) == (2, 2)
    vacuum(SampleTable(output), retention_h=0, keep_versions=1, allow_short=True)
    kept = [name for name in _found(output) if not name.endswith(".json")]  # a request names its domain
    assert kept == []
    status = SampleTable(output).status()
    assert (status.balanced, status.accepted, status.rejected, status.reasons["erased"]) == (True, 5, 4, 2)
    _commit(output, "again")
    assert [name for name in _found(output) if not name.endswith(".json")] == []
    status = SampleTable(output).status()
    assert (status.balanced, status.reasons["erased"], status.planned) == (True, 4, 2 * ROWS)


def test_erasing_again_finds_nothing(output: OutputSection) -> None:
    _commit(output, "f")
    assert erase(SampleTable(output), domains=["person.example"]).rows == 2
    assert erase(SampleTable(output), domains=["person.example"]).rows == 0


def test_a_domain_is_not_a_suffix_of_letters(output: OutputSection) -> None:
    _commit(output, "f")
    assert erase(SampleTable(output), domains=["son.example", "example.com", "nobody.person.example"]).rows == 0


def test_erased_rows_keep_their_place_and_nothing_else(output: OutputSection) -> None:
    _commit(output, "f")
    erase(SampleTable(output), urls=[URLS[3]])
    _commit(output, "g")
    for partition in ("f-0+9", "g-0+9"):
        rows = SampleTable(output).table().to_pylist()
        (row,) = [row for row in rows if row["partition"] == partition and row["reason"] == "erased"]
        left = {name for name, value in row.items() if value is not None}
        assert left == {"sample_id", "partition", "row", "recipe", "run", "created", "reason", "outcome"}
        assert row["row"] == 3


def test_a_request_made_before_the_first_commit_holds(output: OutputSection) -> None:
    assert erase(SampleTable(output), domains=["person.example"]).rows == 0
    _commit(output, "f")
    assert SampleTable(output).status().reasons["erased"] == 2
