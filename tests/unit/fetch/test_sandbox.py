"""An image that crashes, hangs or bloats the decoder costs one sample."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PIL import Image

from curation.errors import PartitionError
from curation.fetch.decoder import DecodeLimits, Decoder, Undecodable
from curation.fetch.sandbox import DecoderDied, Sandbox
from tests.hostile.images import encoded, photograph, png_bomb

GOOD = encoded(photograph())


def children() -> set[psutil.Process]:
    return {p for p in psutil.Process().children() if "curation.fetch.sandbox" in " ".join(p.cmdline())}


@pytest.fixture
def others() -> set[psutil.Process]:
    """Decoders that other tests of this process left running."""
    return children()


@pytest.fixture
def sandbox(others: set[psutil.Process]) -> Iterator[Sandbox]:
    sandbox = Sandbox(DecodeLimits(), timeout_s=1.0, memory_bytes=1_500_000_000)
    sandbox.start()
    yield sandbox
    sandbox.close()


@pytest.fixture
def child(sandbox: Sandbox, others: set[psutil.Process]) -> psutil.Process:
    """The sandbox's process."""
    (found,) = children() - others
    return found


def test_it_decodes_as_the_decoder_in_this_process_does(sandbox: Sandbox) -> None:
    assert sandbox(GOOD) == Decoder(DecodeLimits())(GOOD)
    with pytest.raises(Undecodable) as refused:
        sandbox(b"<html>")
    assert refused.value.reason == "not_an_image"


@pytest.mark.parametrize("how", [signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT])
def test_a_crash_costs_one_image(sandbox: Sandbox, child: psutil.Process, how: signal.Signals) -> None:
    child.suspend()
    threading.Timer(0.2, lambda: (child.send_signal(how), child.resume())).start()
    with pytest.raises(DecoderDied, match=f"signal {int(how)}"):
        sandbox(GOOD)
    assert sandbox(GOOD).width == 320


def test_a_hang_ends_at_the_time_out(sandbox: Sandbox, child: psutil.Process) -> None:
    child.suspend()
    start = time.monotonic()
    with pytest.raises(DecoderDied, match="longer than 1 s"):
        sandbox(GOOD)
    assert time.monotonic() - start < 6
    assert sandbox(GOOD).width == 320


def test_images_larger_than_the_shared_memory_was_come_and_go_whole() -> None:
    """5 MB of JPEG there and 14 MB back, then 27 MB there, then a small one again."""
    noise = Image.effect_noise((3000, 3000), 80).convert("RGB")
    limits = DecodeLimits(shortest_side_px=3000, quality=100)
    large = Sandbox(limits, timeout_s=30, memory_bytes=1_500_000_000)
    try:
        for data in (encoded(noise, quality=80), encoded(noise, "PNG", compress_level=0), GOOD):
            assert large(data) == Decoder(limits)(data)
    finally:
        large.close()


def test_the_child_cannot_take_the_shared_memory_away(sandbox: Sandbox, child: psutil.Process) -> None:
    """To touch a page of it that is gone would kill this process."""
    links = Path(f"/proc/{child.pid}/fd").iterdir()
    memory = next(link for link in links if "memfd:image" in os.readlink(link))
    with memory.open("r+b") as file, pytest.raises(PermissionError):
        file.truncate(0)
    assert sandbox(GOOD).width == 320


def test_memory_beyond_the_limit_costs_one_image() -> None:
    sandbox = Sandbox(DecodeLimits(max_pixels=10**9), timeout_s=20, memory_bytes=400_000_000)
    try:
        with pytest.raises(DecoderDied, match="memory"):
            sandbox(png_bomb())
        assert sandbox(GOOD).width == 320
    finally:
        sandbox.close()


def test_the_child_has_no_secrets_and_dies_with_its_parent(sandbox: Sandbox, child: psutil.Process) -> None:
    allowed = ("PATH", "OPENBLAS_", "OMP_", "MALLOC_", "LC_CTYPE")
    assert all(name.startswith(allowed) for name in child.environ())
    folder = Path(f"/proc/{child.pid}/fd")
    sockets = [link.name for link in folder.iterdir() if os.readlink(link).startswith("socket")]
    assert sockets == []
    pid = child.pid
    assert os.getpgid(pid) != os.getpgid(0)  # so that Ctrl-C does not reach it
    sandbox.close()
    assert not psutil.pid_exists(pid)


def test_a_decoder_that_cannot_start_fails_the_partition_and_blames_no_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(PartitionError, match="did not start"):
        Sandbox(DecodeLimits(), timeout_s=1, memory_bytes=1_500_000_000)(GOOD)
