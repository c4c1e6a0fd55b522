"""The table on real S3 servers that work: the same behaviour as on a local folder, and clear errors."""

from __future__ import annotations

import pickle
import uuid

import pytest

from curation.errors import RecipeError
from curation.table.commit import Committer
from curation.table.erase import erase
from curation.table.maintain import compact, vacuum
from curation.table.read import SampleTable
from curation.table.storage import Storage
from tests.integration.table_drivers import s3_output
from tests.unit.table.partitions import commit_all, jpeg, partitions


@pytest.fixture(params=["s3_url", "moto_url"])
def url(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(request.param)
    return found


def test_a_table_on_s3_lands_balances_and_reads_like_a_local_one(url: str) -> None:
    output = s3_output(url, uuid.uuid4().hex)
    assert not SampleTable(output).exists()
    commit_all(output, partitions("f", 5, 6))
    again = commit_all(output, partitions("f", 5, 6))
    assert again.committed.partitions == 0
    table = SampleTable(output)
    status = table.status()
    assert (status.balanced, status.partitions, status.accepted, status.rejected) == (True, 5, 20, 10)
    assert table.landed().file("f")
    (row,) = table.sample(table.table(["sample_id"], outcome="accepted").column(0)[0].as_py())
    assert row["image"]["bytes"] == jpeg()


def test_a_new_file_on_s3_is_never_overwritten(url: str) -> None:
    output = s3_output(url, uuid.uuid4().hex)
    storage = pickle.loads(pickle.dumps(Storage(output.table, output.storage)))
    storage.write_new("a/b", b"one")
    storage.write_new("a/b", b"one")
    with pytest.raises(FileExistsError):
        storage.write_new("a/b", b"two")
    assert (storage.read("a/b"), storage.size("a/b"), storage.read_end("a/b", 2)) == (b"one", 3, b"ne")
    assert [(file.path, file.bytes) for file in storage.list()] == [("a/b", 3)]
    with pytest.raises(FileNotFoundError):
        storage.read("none")


def test_upkeep_and_erasure_work_on_s3(url: str) -> None:
    output = s3_output(url, uuid.uuid4().hex)
    commit_all(output, partitions("f", 4, 6))
    table = SampleTable(output)
    assert compact(table).files_after == 2
    assert erase(table, urls=["http://site.example/f/0.jpg"]).rows == 1
    gone = vacuum(table, retention_h=0, keep_versions=1, allow_short=True)
    assert len(gone) == 9  # eight that compaction replaced, one that erasure did
    assert len(table.storage.list("outcome=accepted")) + len(table.storage.list("outcome=rejected")) == 3
    commit_all(output, partitions("g", 1, 6))
    status = table.status()
    assert (status.balanced, status.partitions, status.reasons["erased"]) == (True, 5, 1)


def test_a_missing_bucket_is_said_at_once(url: str) -> None:
    output = s3_output(url, "x").model_copy(update={"table": "s3://no-such-bucket/x"})
    with pytest.raises(RecipeError, match=r"no bucket 'no-such-bucket'"), Committer(SampleTable(output), "r", "r"):
        pass
    with pytest.raises(RecipeError, match=r"no bucket 'no-such-bucket'"):
        SampleTable(output).landed()


def test_wrong_keys_are_said_at_once(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WRONG", "wrong")
    output = s3_output(s3_url, "x", storage={"key_env": "WRONG", "secret_env": "WRONG"})
    with (
        pytest.raises(RecipeError, match=r"refuses these credentials.*WRONG"),
        Committer(SampleTable(output), "r", "r"),
    ):
        pass
