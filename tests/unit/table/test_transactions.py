"""App transactions read from the log are those that delta-rs knows."""

from __future__ import annotations

from pathlib import Path

import pytest
from deltalake import CommitProperties, DeltaTable, Transaction

from curation.table.log import create_table
from curation.table.shard import TABLE_SCHEMA
from curation.table.storage import Storage, StorageSection
from curation.table.transactions import Transactions


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Storage:
    """A table of 130 versions, which has checkpoints, with ids that come once and ids that come again."""
    storage = Storage(str(tmp_path_factory.mktemp("log") / "table"), StorageSection())
    create_table(storage)
    table = DeltaTable(storage.uri())
    for version in range(1, 131):
        transactions = [Transaction(f"part:{version}", 1), Transaction("file:a", version << 32 | 7)]
        table.create_write_transaction(
            [],
            "append",
            TABLE_SCHEMA,
            partition_by="outcome",
            commit_properties=CommitProperties({"note": '{"txn": 1}'}, app_transactions=transactions),
        )
        table.update_incremental()
    assert list(Path(storage.uri()).glob("_delta_log/*.checkpoint.parquet"))
    return storage


@pytest.mark.parametrize("steps", [[130], [0, 1, 2, 49, 50, 51, 130], [120, 125, 130], [3, 130, 130]])
def test_every_version_has_the_numbers_that_delta_rs_gives(storage: Storage, steps: list[int]) -> None:
    transactions = Transactions(storage)
    for version in steps:
        transactions.advance(version)
        assert transactions.version == version
        table = DeltaTable(storage.uri(), version=version)
        for key in ("file:a", "none", *(f"part:{number}" for number in range(1, 131, 7))):
            assert transactions.get(key) == table.transaction_version(key), (version, key)


def test_a_checkpoint_stands_for_the_versions_before_it(storage: Storage, tmp_path: Path) -> None:
    log = tmp_path / "copy" / "_delta_log"
    log.mkdir(parents=True)
    for file in Path(storage.uri()).glob("_delta_log/*"):
        if file.name >= "00000000000000000099":
            (log / file.name).write_bytes(file.read_bytes())
    transactions = Transactions(Storage(str(log.parent), StorageSection()))
    transactions.advance(130)
    assert (transactions.get("part:1"), transactions.get("file:a")) == (1, 130 << 32 | 7)
