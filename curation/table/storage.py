"""Where the table's bytes live: a local folder or an S3 bucket, behind one small class."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeVar

from curation.errors import RecipeError
from curation.table.section import OutputSection as OutputSection
from curation.table.section import StorageSection as StorageSection

log = logging.getLogger(__name__)
T = TypeVar("T")

# Answers that another try may change: time-out, conflict of two writers, slow down, and what the server did wrong.
RETRIED_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 507, 509, 520, 529})
LOCAL_PATIENCE_S = 10.0
FILES_AT_A_TIME = 128
# What waiting never mends.
PERMANENT = (FileNotFoundError, FileExistsError, PermissionError, IsADirectoryError, NotADirectoryError)


@dataclass(frozen=True)
class StoredFile:
    """One file under the root: path relative to it, size in bytes."""

    path: str
    bytes: int


class Storage:
    """Files under one root, local or s3://. Cheap to build and picklable: connections open when first used.

    Calls to S3 outlast a store that is away for up to `patience_s` (a warning is logged when the wait
    begins); then they raise an `OSError`. `FileNotFoundError`, `FileExistsError` and `PermissionError` are
    raised at once.
    """

    def __init__(self, root: str, section: StorageSection) -> None:
        self.remote = root.startswith("s3://")
        if "://" in root and not self.remote:
            raise RecipeError(f"{root}: expected a local path or s3://bucket/prefix")
        self.root = root.rstrip("/") if self.remote else os.path.abspath(os.path.expanduser(root))
        self.section = section

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "filesystem"}

    @cached_property
    def filesystem(self) -> Any:
        """The fsspec file system that holds the root."""
        import fsspec

        if not self.remote:
            return fsspec.filesystem("file", auto_mkdir=True)
        section = self.section
        config: dict[str, Any] = {
            "connect_timeout": section.connect_timeout_s,
            "read_timeout": section.timeout_s,
            "retries": {"max_attempts": section.retries + 1, "mode": "standard"},
        }
        if section.endpoint_url:
            config["s3"] = {"addressing_style": "path"}
        return fsspec.filesystem(
            "s3",
            key=os.environ.get(section.key_env),
            secret=os.environ.get(section.secret_env),
            token=os.environ.get(section.token_env),
            endpoint_url=section.endpoint_url,
            client_kwargs={"region_name": section.region},
            config_kwargs=config,
            use_ssl=not section.allow_http,
        )

    @property
    def patience_s(self) -> float:
        """How long to wait for the store: a local disk that fails does not come back by waiting."""
        return self.section.patience_s if self.remote else min(self.section.patience_s, LOCAL_PATIENCE_S)

    def uri(self, path: str = "") -> str:
        """Full path or s3:// URL of a path relative to the root."""
        return f"{self.root}/{path}" if path else self.root

    def write_new(self, path: str, data: bytes) -> None:
        """Write a file that does not exist yet; `FileExistsError` if it does, and it is left as it was.

        A write whose answer was lost is tried again; finding its own bytes there counts as success.
        """
        try:
            self.patiently(lambda: self.filesystem.pipe_file(self.uri(path), data, mode="create"))
        except OSError as error:
            if not isinstance(error, FileExistsError) and _http_status(error) != 412:
                raise
            if self.read(path) != data:
                raise FileExistsError(f"{self.uri(path)} exists already and is never overwritten") from error

    def read(self, path: str) -> bytes:
        """All bytes of a file; `FileNotFoundError` if there is none."""
        data: bytes = self.patiently(lambda: self.filesystem.cat_file(self.uri(path)))
        return data

    def open(self, path: str) -> Any:
        """A file to read in parts; each read is one ranged request, with no patience of its own."""
        options = {"cache_type": "none"} if self.remote else {}
        return self.filesystem.open(self.uri(path), "rb", **options)

    def read_many(self, paths: Sequence[str]) -> Iterator[bytes]:
        """All bytes of each file, in order, some files at a time."""
        for first in range(0, len(paths), FILES_AT_A_TIME):
            names = [self.uri(path) for path in paths[first : first + FILES_AT_A_TIME]]
            found = self.patiently(partial(self.filesystem.cat, names))
            yield from (found[self.filesystem._strip_protocol(name)] for name in names)

    def read_end(self, path: str, length: int) -> bytes:
        """The last `length` bytes of a file, or all of them if it is shorter."""
        start = max(self.size(path) - length, 0)
        data: bytes = self.patiently(lambda: self.filesystem.cat_file(self.uri(path), start=start))
        return data

    def size(self, path: str) -> int:
        """Size of a file in bytes; `FileNotFoundError` if there is none."""
        self.filesystem.invalidate_cache()
        return int(self.patiently(lambda: self.filesystem.size(self.uri(path))))

    def list(self, under: str = "") -> list[StoredFile]:
        """Every file at any depth under a folder, in order of path; empty if there is no such folder."""
        self.filesystem.invalidate_cache()
        start = self.filesystem._strip_protocol(self.uri())
        found = self.patiently(lambda: self.filesystem.find(self.uri(under), detail=True))
        files = [StoredFile(name[len(start) :].lstrip("/"), int(info["size"])) for name, info in found.items()]
        return sorted(files, key=lambda file: file.path)

    def check_reachable(self) -> None:
        """Raise `RecipeError` if the bucket is missing, closed to these credentials, or away for too long."""
        if not self.remote:
            return
        from botocore.exceptions import NoCredentialsError

        bucket, _, prefix = self.root.removeprefix("s3://").partition("/")
        look = partial(self.filesystem.call_s3, "list_objects_v2", Bucket=bucket, Prefix=prefix, MaxKeys=1)
        try:
            self.patiently(look)
        except FileNotFoundError as error:
            raise RecipeError(f"{self.root}: there is no bucket {bucket!r} at {self._server()}; create it") from error
        except (PermissionError, NoCredentialsError) as error:
            names = f"{self.section.key_env} and {self.section.secret_env}"
            raise RecipeError(
                f"{self.root}: {self._server()} refuses these credentials ({type(error).__name__}); check {names}"
            ) from error
        except OSError as error:
            raise RecipeError(
                f"{self.root}: {self._server()} did not answer for {self.section.patience_s:g} s "
                f"({type(error).__name__}); is it up, and is `endpoint_url` right?"
            ) from error

    def delta_options(self) -> dict[str, str] | None:
        """Options for delta-rs, which reaches the same store by its own client; None for a local folder.

        The conditional PUT is what makes a commit atomic on S3: the log entry of a version is written only
        if there is none.
        """
        if not self.remote:
            return None
        section = self.section
        options = {
            "AWS_REGION": section.region,
            "aws_conditional_put": "etag",
            "allow_http": str(section.allow_http).lower(),
            "connect_timeout": f"{_milliseconds(section.connect_timeout_s)}ms",
            "timeout": f"{_milliseconds(section.timeout_s)}ms",
            "max_retries": str(section.retries),
            "retry_timeout": f"{_milliseconds(section.timeout_s * (section.retries + 1))}ms",
            "backoff_config.init_backoff": "100ms",
            "backoff_config.max_backoff": f"{_milliseconds(section.max_backoff_s)}ms",
        }
        if section.endpoint_url:
            options["AWS_ENDPOINT_URL"] = section.endpoint_url
        secrets = {
            "AWS_ACCESS_KEY_ID": section.key_env,
            "AWS_SECRET_ACCESS_KEY": section.secret_env,
            "AWS_SESSION_TOKEN": section.token_env,
        }
        options.update({option: os.environ[name] for option, name in secrets.items() if os.environ.get(name)})
        return options

    def _server(self) -> str:
        return self.section.endpoint_url or f"AWS {self.section.region}"

    def patiently(self, call: Callable[[], T]) -> T:
        """`call()`, tried again with growing pauses while a remote store is away, for up to `patience_s`. Raises what
        the store says when it refuses, and `ConnectionError` when it stays away."""
        if not self.remote:
            return call()
        deadline = time.monotonic() + self.section.patience_s
        pause = 0.2
        waiting = False
        while True:
            try:
                return call()
            except _away_errors() as error:
                if not is_transient(error) or time.monotonic() + pause > deadline:
                    if isinstance(error, OSError):
                        raise
                    raise ConnectionError(f"{self._server()} does not answer: {type(error).__name__}") from error
                if not waiting:
                    log.warning("%s is away (%s); waiting for it", self._server(), type(error).__name__)
                    waiting = True
            time.sleep(pause)
            pause = min(pause * 2, self.section.max_backoff_s)


def is_transient(error: BaseException) -> bool:
    """Whether the same call may succeed later: by class and HTTP status, never by text."""
    if isinstance(error, PERMANENT):
        return False
    if isinstance(error, TimeoutError):  # S3 gives its own time-out the status 400
        return True
    status = _http_status(error)
    return status is None or status in RETRIED_STATUS


def _away_errors() -> tuple[type[BaseException], ...]:
    # s3fs 2026.9 translates what the server answered into OSError and lets these of its clients through.
    from aiohttp import ClientError
    from botocore.exceptions import HTTPClientError
    from botocore.parsers import ResponseParserError

    return (OSError, HTTPClientError, ResponseParserError, ClientError)


def _http_status(error: BaseException) -> int | None:
    response = getattr(error.__cause__, "response", None)
    if not isinstance(response, dict):
        return None
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return int(status) if status is not None else None


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
