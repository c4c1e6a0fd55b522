"""How the names look that cameras, phones, screens and content systems give to files."""

from __future__ import annotations

import re

_EXTENSION = r"\.(?:jpe?g|png|gif|webp|bmp|tiff?|svg|avif|heic|nef|cr2|arw|dng|psd|pdf|mp4|mov|html?|php|aspx?)"
_LAYOUT = (
    r"thumb(?:nail)?|large|small|medium|full|big|mini|img|image|images|pic|photo|foto|bg|background|header|footer|hero|"
    r"banner|slider|slide|logo|icon|avatar|default|placeholder|spacer|pixel|final|copy|new|old|dark|light|main|cover|"
    r"featured|gallery|home|page|product|products|item|detail|front|back|web|site|asset|assets|media|upload|file|"
    r"attachment|unnamed|untitled|download|v\d+|\d+x\d+|\d+|@?\dx"
)
_DIGITS = r"[\s_.#():-]*\(?\d[\d\s_.:x()-]*"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # one word with an extension, or a short name with a number and one
        rf"[^\s/\\]+{_EXTENSION}",
        rf"[\w().-]+ [\w().-]*\d[\w().-]*{_EXTENSION}",
        # a path
        r"(?:[a-z]:)?[\\/](?:[^\\/]+[\\/])+[^\\/]+|(?:[\w.-]+/)+[\w.-]+\.(?:jpe?g|png|gif|webp)",
        # cameras and phones
        rf"_?(?:img|dsc[fn]?|p(?=\d{{5}})|pict?|mvi|vid|wp|pxl|cam|c?imag|cimg|hpim|sam|kimg|_?mg|gopr|gp|dji|pano"
        rf"|scan|fb[_ ]img|"
        rf"snapchat|received|burst|lrm|img[_-]?edit|mceclip|fullsizeoutput"
        rf"|fullsizerender){_DIGITS}(?:[_-]?[a-z]{{0,4}}\d*)?",
        r"(?:whats\s?app|telegram|signal|viber|messenger|skype)[\s_-]*(?:image|photo"
        r"|video)?[\s_-]*\d[\d\s_.:-]*(?:at[\d\s_.:-]+)?(?:[ap]m)?",
        rf"(?:screen[\s_-]?(?:shots?|grab|capture)|snapshot|bildschirmfoto|schermafbeelding|capture d.?écran"
        rf"|captura de pantalla)"
        rf"(?:{_DIGITS})?[\s_-]*(?:at|um|om|à|a las)?[\d\s_.:-]*(?:[ap]\.?m\.?)?(?:[\s_-]\w{{2,20}})?",
        rf"(?:image|photo|pic(?:ture)?|foto|bild|file|slide|figure|scan|untitled|unnamed|unknown|download(?:ed)?"
        rf"|default|"
        rf"attachment|screenshot|copy of \w+|clipboard|document)s?(?:{_DIGITS})?(?:of\s\d+"
        rf"|on[\d\s_.:-]+(?:at[\d\s_.:-]+)?)?(?:[ap]m)?",
        # times, counters and codes
        r"(?:19|20)\d{2}[-_. ]?\d{2}[-_. ]?\d{2}[-_ t]+(?:at )?\d{2}[-_.: ]?\d{2}(?:[-_.: ]?\d{2,5})?",
        r"\d{3}_\d{4}(?:_\d+)?",
        r"(?=.*\d)[0-9a-f]{12,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        r"(?=\S*\d\S*\d)(?=\S*[_-])(?=\S*[a-z])[\w().@-]{6,}",
        # what content systems call the parts of a page
        rf"(?=\S*[_-])(?:{_LAYOUT})(?:[_-]+(?:{_LAYOUT}))+|(?:{_LAYOUT})?[_-]?s-l\d+",
    )
)  # fmt: skip
_ENDING = re.compile(rf"\s?{_EXTENSION}$", re.IGNORECASE)
_COMPOUND = re.compile(r"[A-Z][a-z]+(?:-[A-Za-z]+)*-\d{1,3}", re.ASCII)  # "Apollo-11", "Covid-19": names, not files


def is_file_name(text: str) -> bool:
    """Whether the whole text is a file's name or path, with or without extension."""
    text = text.strip(" \"'")
    if _COMPOUND.fullmatch(text):
        return False
    bare = _ENDING.sub("", text)
    return any(pattern.fullmatch(text) or pattern.fullmatch(bare) for pattern in _PATTERNS)
