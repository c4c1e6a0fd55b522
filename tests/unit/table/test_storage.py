"""Storage on a local folder, and how failures of a store are told apart."""

from __future__ import annotations

import errno
import os
import pickle
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from pydantic import ValidationError

from curation.errors import RecipeError
from curation.table.storage import OutputSection, Storage, StorageSection, is_transient


def test_a_file_is_written_once_and_never_overwritten(tmp_path: Path) -> None:
    storage = Storage(str(tmp_path / "root"), StorageSection())
    storage.write_new("a/b.bin", b"one")
    storage.write_new("a/b.bin", b"one")  # the same bytes: a repeated attempt whose answer was lost
    with pytest.raises(FileExistsError, match="never overwritten"):
        storage.write_new("a/b.bin", b"two")
    assert (storage.read("a/b.bin"), storage.size("a/b.bin"), storage.read_end("a/b.bin", 2)) == (b"one", 3, b"ne")
    assert storage.read_end("a/b.bin", 99) == b"one"


def test_a_place_that_is_neither_local_nor_s3_is_refused() -> None:
    for place in ("gs://bucket/x", "file:///tmp/x", "hdfs://x/y"):
        with pytest.raises(RecipeError, match="expected a local path or s3://"):
            Storage(place, StorageSection())
    for table in ("gs://bucket/x", "", "s3://bucket", "s3://bucket/"):
        with pytest.raises(ValidationError, match="table"):
            OutputSection(table=table)
    for table in ("out/table", "/a", "~/a", "s3://bucket/a", "s3://bucket/a/b/"):
        assert OutputSection(table=table).table == table
    assert Storage("~/a", StorageSection()).root == os.path.expanduser("~/a")


def test_listing_names_every_file_relative_to_the_root(tmp_path: Path) -> None:
    storage = Storage(str(tmp_path / "root"), StorageSection())
    assert storage.list() == []
    for name in ("z", "a/b", "a/c/d"):
        storage.write_new(name, name.encode())
    assert [(file.path, file.bytes) for file in storage.list()] == [("a/b", 3), ("a/c/d", 5), ("z", 1)]
    assert [file.path for file in storage.list("a/c")] == ["a/c/d"]


def test_a_missing_file_is_an_error_at_once(tmp_path: Path) -> None:
    storage = Storage(str(tmp_path), StorageSection())
    with pytest.raises(FileNotFoundError):
        storage.read("none")
    with pytest.raises(FileNotFoundError):
        storage.size("none")


def test_storage_crosses_process_borders(tmp_path: Path) -> None:
    storage = Storage(str(tmp_path), StorageSection())
    storage.write_new("a", b"1")
    assert pickle.loads(pickle.dumps(storage)).read("a") == b"1"


def test_a_store_that_may_come_back_is_told_from_one_that_refuses() -> None:
    def answered(status: int) -> OSError:
        error = OSError(errno.EIO, "any words at all")
        error.__cause__ = ClientError({"ResponseMetadata": {"HTTPStatusCode": status}}, "PutObject")
        return error

    for status in (408, 409, 429, 500, 503):
        assert is_transient(answered(status)), status
    for status in (400, 401, 405, 411, 412, 501):
        assert not is_transient(answered(status)), status
    assert is_transient(ConnectionRefusedError())
    assert is_transient(TimeoutError())
    for permanent in (FileNotFoundError(), PermissionError(), FileExistsError()):
        assert not is_transient(permanent)


def test_delta_rs_gets_conditional_put_deadlines_and_the_named_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "k")
    monkeypatch.setenv("MY_SECRET", "s")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    section = StorageSection(
        endpoint_url="http://127.0.0.1:1", allow_http=True, key_env="MY_KEY", secret_env="MY_SECRET"
    )
    options = Storage("s3://bucket/prefix/", section).delta_options()
    assert options is not None
    assert (options["aws_conditional_put"], options["allow_http"], options["timeout"]) == ("etag", "true", "60000ms")
    assert (options["AWS_ACCESS_KEY_ID"], options["AWS_SECRET_ACCESS_KEY"]) == ("k", "s")
    assert "AWS_SESSION_TOKEN" not in options
    assert Storage("/tmp/x", section).delta_options() is None
