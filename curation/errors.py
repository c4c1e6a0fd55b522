"""What stops a partition, a run or a configuration, and what is safe to do next.

What is wrong with one *sample* is never an exception: it is a `Reason` on its row (see `samples.py`).
"""

from __future__ import annotations


class CurationError(Exception):
    """Base of every error we raise on purpose. Its text names the place, what was found, what was
    expected and what to do; the command line prints it without a traceback."""

    exit_code = 1


class RecipeError(CurationError):
    """The recipe cannot be used. Nothing was started. Safe next: mend the recipe and run again."""

    exit_code = 2


class SourceError(CurationError):
    """A source file cannot be planned. Nothing was started. Safe next: mend or remove the file, or set
    `source.on_bad_file: skip`."""

    exit_code = 2


class PartitionError(CurationError):
    """One partition failed and stays pending. Safe next: run again; committed partitions are not redone."""


class RowsNotConserved(PartitionError):
    """A stage lost, added, reordered or renamed rows. A bug of that stage; its partition is not committed."""


class StageError(CurationError):
    """A stage cannot be built (its model or its data is not there), so no partition can pass it. Safe next: mend
    what the message names and run again."""


class PoolError(CurationError):
    """No LLM endpoint answers within the recipe's patience. Nothing accepted is lost. Safe next: mend the
    pool and run again."""


class EndpointError(PoolError):
    """No endpoint of one key of the recipe can answer ever: its URL, model or key is refused. Nothing accepted is
    lost. Safe next: mend the recipe and run again."""

    exit_code = 2


class BadShard(PartitionError):
    """A written file is not what its receipt says (size, rows, schema or sha256). It is not committed.
    Safe next: run again; vacuum removes the file."""


class CommitFailed(CurationError):
    """The commit certainly did not land. Safe next: run again. The written files may be cleaned up."""


class CommitStateUnknown(CurationError):
    """The commit may or may not have landed. Safe next: run again, which reads the table first.
    The written files must not be deleted."""
