"""What stock img2dataset does with the same hostile input: `python -m tests.hostile.against_stock`.

Prints, for each trick of the hostile server, how long img2dataset's own fetch takes under a time-out of 1 s and
how many bytes it reads; which inside forms it would connect to; and what its resizer makes of bombs. It shows
which promises the guard adds; the tests hold us to them.
"""

from __future__ import annotations

import contextlib
import io
import os
import resource
import time

from tests.hostile.forms import INSIDE_HOSTS, SCHEMES
from tests.hostile.images import encoded, photograph, png_bomb
from tests.hostile.sentinel import Listener, watch
from tests.hostile.server import TRICKS, HostileServer
from tests.hostile.site import Page, Site

TIMEOUT_S = 1.0


def main() -> None:
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
    from img2dataset.downloader import download_image
    from img2dataset.resizer import Resizer

    def fetch(url: str) -> tuple[float, int | None, str | None]:
        start = time.monotonic()
        _, stream, error = download_image((0, url), TIMEOUT_S, None, {"noai", "noimageai", "noindex", "noimageindex"})
        return time.monotonic() - start, None if stream is None else len(stream.getvalue()), error

    server = HostileServer()
    # Endless tricks would fill the memory for 30 s each; these few show what the rest do.
    for name in sorted(set(TRICKS) - {"endless_chunk_size", "declares_the_impossible", "huge_chunk_size", "silence"}):
        seconds, size, error = fetch(server.url(name))
        held = "HELD" if seconds > TIMEOUT_S + 1 else "kept"
        show(name, f"{seconds:.1f} s", held, "no body" if size is None else f"{size} bytes", (error or "")[:50])
    server.close()

    sentinel = Listener()
    reached = []
    with watch() as seen:
        for host in INSIDE_HOSTS:
            seen.connects.clear()
            seen.lookups.clear()
            fetch(f"http://{host}:{sentinel.port}/")
            if seen.connects or seen.lookups:
                reached.append(host)
        opened = [url for url in SCHEMES if fetch(url)[1] is not None]
    show("inside forms", f"{len(reached)} of {len(INSIDE_HOSTS)} would be connected to or looked up")
    show("sentinel", f"{sentinel.hits} hits")
    show("schemes read", *opened)
    sentinel.close()

    pages = {
        "a": Page(b"", 302, {"Location": "/b", "X-Robots-Tag": "noai"}),
        "b": Page(b"image", 200, {"tdm-reservation": "1"}),
    }
    site = Site(pages)
    show("opt-out on a redirect and by TDM", "read" if fetch(site.url("a"))[1] else "heeded")
    site.close()

    resizer = Resizer(384, "keep_ratio", True, encode_quality=90, max_image_area=64_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with contextlib.redirect_stdout(io.StringIO()):
        answer = resizer(io.BytesIO(png_bomb()))[-1]
    show(
        "12,000 px bomb",
        answer,
        f"memory rose by {(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024} MB",
    )
    cut = encoded(photograph())
    show("truncated JPEG", resizer(io.BytesIO(cut[: len(cut) // 2]))[-1] or "accepted")


def show(*cells: object) -> None:
    print("".join(f"{cell!s:<30}" if n == 0 else f"{cell!s:<14}" for n, cell in enumerate(cells)))  # noqa: T201


if __name__ == "__main__":
    main()
