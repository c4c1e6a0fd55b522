"""The decoder in a process of its own: an image that crashes, hangs or bloats it costs one sample.

The child knows no secrets (an empty environment), holds no sockets, may not write files, and is limited in
address space. An image goes to it, and the JPEG it makes comes back, through memory that both hold and that is used
again for the next, which costs a third of what a pipe does. What it measured comes back as framed JSON, never pickles:
a decoder that was taken over by a crafted image cannot run code here, nor take the memory away (it is sealed).
"""

from __future__ import annotations

import dataclasses
import fcntl
import json
import mmap
import os
import select
import struct
import subprocess
import sys
import time
from typing import BinaryIO

from curation.errors import PartitionError
from curation.fetch.decoder import Decoded, DecodeLimits, Decoder, Undecodable

_HEAD = struct.Struct("<II")
_BOOT = "import json,sys; sys.path[:0] = json.loads(sys.argv[1]); from curation.fetch.sandbox import serve; serve()"
_START_S = 60.0
_ROOM = 4 * 1024 * 1024  # of the memory at first; only what is used of it counts
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    # Keep the pages of one image for the next: giving them back and faulting them in again costs up to a
    # fifth of decoding a large image. The address space stays bounded by `decode_memory_bytes`.
    "MALLOC_MMAP_THRESHOLD_": str(32 * 1024 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(256 * 1024 * 1024),
}


class DecoderDied(Exception):
    """The decoder process crashed, ran out of memory or time on this image. The next image gets a fresh one."""


class DecoderMissing(PartitionError):
    """The decoder process cannot be started at all: no fault of any image. Safe next: run again."""


class Sandbox:
    """A `Decoder` in a child process. Called from one thread at a time; starts the child when it needs one."""

    def __init__(self, limits: DecodeLimits, *, timeout_s: float, memory_bytes: int) -> None:
        self._limits = limits
        self._timeout_s = timeout_s
        self._memory_bytes = memory_bytes
        self._child: subprocess.Popen[bytes] | None = None
        self._image = os.memfd_create("image", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self._image, _ROOM)
        # Were it made smaller, the next to touch it here would die of SIGBUS. It cannot be made larger over there.
        fcntl.fcntl(self._image, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
        self._memory = mmap.mmap(self._image, _ROOM)

    def __call__(self, data: bytes) -> Decoded:
        """As `Decoder`. Raises `Undecodable` or `DecoderDied` of this image, `DecoderMissing` of them all."""
        child = self._running()
        try:
            answer, jpeg = self._ask(child, data)
        except (OSError, EOFError, ValueError) as error:
            self.close()
            raise DecoderDied(self._epitaph(child, error)) from error
        if "reason" in answer:
            raise Undecodable(str(answer["reason"]), str(answer["detail"]))
        if "died" in answer:
            self.close()
            raise DecoderDied(str(answer["died"]))
        try:
            return _decoded(answer, jpeg)
        except (LookupError, ValueError, TypeError) as error:
            self.close()
            raise DecoderDied("answered nonsense") from error

    def start(self) -> None:
        """Start the child and wait until it is ready, so that the first image does not wait for it."""
        self._running()

    def close(self) -> None:
        """End the child. Another call starts a new one."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()

    def __del__(self) -> None:
        self.close()
        self._memory.close()
        os.close(self._image)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self.close()
        settings = {
            "limits": dataclasses.asdict(self._limits),
            "memory_bytes": self._memory_bytes,
            "image": self._image,
        }
        command = [sys.executable, "-I", "-c", _BOOT, json.dumps(sys.path), json.dumps(settings)]
        environment = _ENVIRONMENT | {"PATH": os.environ.get("PATH", "")}
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            bufsize=0,
            pass_fds=(self._image,),
            start_new_session=True,  # Ctrl-C is for the driver, which then finishes what it has in hand
        )
        self._child = child
        assert child.stdin is not None
        assert child.stdout is not None
        os.set_blocking(child.stdout.fileno(), False)
        try:
            self._receive(child, time.monotonic() + _START_S)
        except (OSError, EOFError, ValueError) as error:
            self.close()
            detail = f"the decoder process did not start ({type(error).__name__}) within {_START_S:g} s"
            raise DecoderMissing(f"{detail}; `download.isolate_decoder: false` shows why") from error
        return child

    def _ask(self, child: subprocess.Popen[bytes], data: bytes) -> tuple[dict[str, float | str], bytes]:
        until = time.monotonic() + self._timeout_s
        assert child.stdin is not None
        if len(data) > len(self._memory):
            self._memory.resize(len(data))
        self._memory[: len(data)] = data
        child.stdin.write(_HEAD.pack(len(data), 0))
        return self._receive(child, until)

    def _receive(self, child: subprocess.Popen[bytes], until: float) -> tuple[dict[str, float | str], bytes]:
        assert child.stdout is not None
        pipe = child.stdout.fileno()
        head = _read_exactly(pipe, _HEAD.size, until)
        text_bytes, blob_bytes = _HEAD.unpack(head)
        if text_bytes > 65_536 or blob_bytes > 256 * 1024 * 1024:
            raise ValueError
        fields = json.loads(_read_exactly(pipe, text_bytes, until))
        if blob_bytes <= len(self._memory):
            return fields, self._memory[:blob_bytes]
        return fields, _read_exactly(pipe, blob_bytes, until)

    def _epitaph(self, child: subprocess.Popen[bytes], error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"took longer than {self._timeout_s:g} s"
        code = child.returncode
        return f"ended by signal {-code}" if code is not None and code < 0 else f"broke off ({type(error).__name__})"


def _decoded(answer: dict[str, float | str], jpeg: bytes) -> Decoded:
    """What the child measured, each value made to be of its type."""
    sizes = {name: int(answer[name]) for name in ("width", "height", "original_width", "original_height")}
    measures = {name: float(answer[name]) for name in ("contrast", "sharpness")}
    pdq = None if answer["pdq"] is None else bytes.fromhex(str(answer["pdq"])).hex()
    return Decoded(jpeg=jpeg, pdq=pdq, **sizes, **measures)  # type: ignore[arg-type]


def _read_exactly(pipe: int, count: int, until: float) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        try:
            part = os.read(pipe, min(count - len(parts), 1 << 20))
        except BlockingIOError:
            left = until - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                raise TimeoutError from None
            continue
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def serve() -> None:
    """The child's life: read an image, answer, until the parent is gone."""
    settings = json.loads(sys.argv[2])
    decoder = Decoder(DecodeLimits(**settings["limits"]))
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not garble the answers
    memory = mmap.mmap(settings["image"], 0)
    _warm_up(decoder)
    _confine(settings["memory_bytes"])
    _answer(answers, memory, {}, b"")
    while True:
        head = requests.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return
        size, _ = _HEAD.unpack(head)
        try:
            if size > len(memory):
                memory = mmap.mmap(settings["image"], 0)
            decoded = decoder(memory[:size])
        except Undecodable as error:
            _answer(answers, memory, {"reason": error.reason, "detail": error.detail}, b"")
        except (MemoryError, OSError):  # OSError: no room to map it
            _answer(answers, memory, {"died": "needs more memory than the recipe allows"}, b"")
        else:
            fields = dict(vars(decoded))
            jpeg = fields.pop("jpeg")
            _answer(answers, memory, fields, jpeg)


def _answer(answers: BinaryIO, memory: mmap.mmap, fields: dict[str, float | str], jpeg: bytes) -> None:
    """The JPEG goes where its image came from, or through the pipe when there is no room for it."""
    text = json.dumps(fields).encode()
    head = _HEAD.pack(len(text), len(jpeg))
    if len(jpeg) <= len(memory):
        memory[: len(jpeg)] = jpeg
        jpeg = b""
    answers.write(head + text + jpeg)
    answers.flush()


def _warm_up(decoder: Decoder) -> None:
    """Import what decoding imports before the limits fall."""
    import io

    from PIL import Image

    for kind in ("JPEG", "PNG", "WEBP", "GIF", "AVIF"):
        out = io.BytesIO()
        Image.new("RGB", (16, 16), (90, 120, 30)).save(out, kind)
        decoder(out.getvalue())


def _confine(memory_bytes: int) -> None:
    """Bound the address space, forbid files that grow, core dumps and further processes."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
