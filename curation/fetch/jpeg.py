"""Whether a JPEG's image data reaches the end of its picture.

A file that was cut short and given an end marker decodes without an error: libjpeg fills what is missing with grey and
only warns, as it does of much that is harmless.
"""

from __future__ import annotations

import random
import re

# Within image data, ff is followed by 00 or a restart marker; anything else is a marker that ends a scan.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_SCAN, _END = 0xDA, 0xD9
_MAX_SCANS = 500  # encoders write about ten; each is a pass over the whole picture
_MAX_SEGMENTS = 4000  # encoders write one or two tables before a scan
_SCAN_COMPONENTS = 4  # no scan may name more
_GREY = 128  # what libjpeg makes of a block that it has no data for


def missing_scans(data: bytes, at: int, components: bytes) -> str | None:
    """What a progressive file lacks whose first scan header is at `at` and whose frame names these components:
    each coefficient of each must have been sent to its last bit. None when nothing is lacking.
    """
    left = {component: set(range(64)) for component in components}
    scans = segments = 0
    while at + 4 <= len(data) and data[at + 1] != _END:
        segments += 1
        body = at + 4
        end = at + 2 + int.from_bytes(data[at + 2 : body], "big")
        if data[at + 1] == _SCAN and body + 4 <= end <= len(data):
            scans += 1
            first, last, precision = data[end - 3], data[end - 2], data[end - 1] & 15
            if precision == 0:
                for component in data[body + 1 : end - 3 : 2][:_SCAN_COMPONENTS]:
                    left.get(component, set()).difference_update(range(first, last + 1))
        found = _MARKER.search(data, end)
        if scans > _MAX_SCANS:
            return f"more than {_MAX_SCANS} scans"
        if segments > _MAX_SEGMENTS:
            return f"more than {_MAX_SEGMENTS} segments"
        if found is None:
            break
        at = found.start()
    return "truncated: scans are missing" if any(left.values()) else None


def may_be_cut_short(corner: list[int]) -> bool:
    """Whether the last pixel of the picture is as libjpeg leaves it when the image data ends early."""
    return corner == [_GREY] * 3


def is_cut_short(data: bytes, scan: int) -> bool:
    """Whether bytes that are added to the end of the first scan, whose header is at `scan`, change the picture, as they
    do if it waits for more.

    Decodes twice at an eighth of the size, so it is asked only about files that may be.
    """
    import cv2
    import numpy as np

    start = scan + 2 + int.from_bytes(data[scan + 2 : scan + 4], "big")
    found = _MARKER.search(data, start)
    if found is None:
        return False
    # A marker may follow any number of ff that fill; between two of them the bytes would make a marker of their own.
    picture = data[start : found.start()].rstrip(b"\xff")
    more = bytes(random.Random(1).choices(range(255), k=2000))
    longer = data[:start] + picture + more + data[start + len(picture) :]
    before, after = (
        cv2.imdecode(np.frombuffer(each, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_8) for each in (data, longer)
    )
    return before is None or after is None or not np.array_equal(before, after)
