"""Keeping a library's C++ from the console."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hushed() -> Iterator[None]:
    """Within, what is written to this process's standard error (file descriptor 2) is not seen; if an error leaves,
    it is told after all. Ray's C++ says on start, whatever its log level, that its log level was set."""
    console = os.dup(2)
    with tempfile.TemporaryFile() as heard:
        os.dup2(heard.fileno(), 2)
        try:
            yield
        except BaseException:
            heard.seek(0)
            os.write(console, heard.read())
            raise
        finally:
            os.dup2(console, 2)
            os.close(console)
