"""The recipe section `output`, and how an object store is reached."""

from __future__ import annotations

from pydantic import Field, field_validator

from curation.section import Section


class StorageSection(Section):
    """How an object store is reached. A local path needs none of it."""

    endpoint_url: str | None = None
    """URL of an S3 server that is not AWS, such as http://127.0.0.1:8333; AWS when absent."""
    region: str = "us-east-1"
    """Region of the bucket; most S3 servers that are not AWS accept any."""
    key_env: str = "AWS_ACCESS_KEY_ID"
    """Name of the environment variable that holds the access key; when it is unset, the machine's own role is used."""
    secret_env: str = "AWS_SECRET_ACCESS_KEY"
    """Name of the environment variable that holds the secret key."""
    token_env: str = "AWS_SESSION_TOKEN"
    """Name of the environment variable that holds a session token, if there is one."""
    allow_http: bool = False
    """Allow plain http:// to the endpoint: for a server on this machine or in a closed network."""
    connect_timeout_s: float = Field(default=5.0, gt=0, le=300)
    """How long a connection may take to open."""
    timeout_s: float = Field(default=60.0, gt=0, le=3600)
    """How long one request may take."""
    retries: int = Field(default=5, ge=0, le=100)
    """How often one request is tried again within the client, with backoff, before the store counts as away."""
    patience_s: float = Field(default=900.0, ge=0, le=86400)
    """How long the run waits for a store that is away (unreachable, 5xx, throttling) before it gives up."""
    max_backoff_s: float = Field(default=10.0, gt=0, le=300)
    """Longest pause between two tries."""


class OutputSection(Section):
    """The Delta table that the run commits to."""

    table: str = Field(default="out/table", min_length=1)
    """Folder of the table: a local path or s3://bucket/prefix. Created by the first commit."""
    storage: StorageSection = StorageSection()
    """How the table's object store is reached."""
    commit_every_partitions: int = Field(default=16, ge=1, le=1000)
    """Finished partitions that are committed together. More of them make fewer, larger versions."""
    commit_every_s: float = Field(default=60.0, gt=0, le=86400)
    """Longest time that a finished partition waits for its commit; a crash loses at most this much work."""
    row_group_rows: int = Field(default=100, ge=1, le=100_000)
    """Rows in a row group of accepted shards: small, so that a loader can read a few images at a time
    (the Hugging Face hub asks for about 100 for images)."""
    rejected_row_group_rows: int = Field(default=10_000, ge=1, le=1_000_000)
    """Rows in a row group of rejected rows, which carry no image."""
    zstd_level: int = Field(default=3, ge=1, le=19)
    """zstd level of every column but the images, which are compressed already."""
    verify_sha256: bool = True
    """Read each written file back whole before the commit and compare its sha256. Off, only its size and its
    Parquet footer are compared, which saves reading every shard once."""

    @field_validator("table")
    @classmethod
    def _is_a_place(cls, table: str) -> str:
        bucket, _, prefix = table.removeprefix("s3://").partition("/")
        local = "://" not in table
        if not local and not (table.startswith("s3://") and bucket and prefix.strip("/")):
            raise ValueError("expected a local path or s3://bucket/prefix")
        return table
