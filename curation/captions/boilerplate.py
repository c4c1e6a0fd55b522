"""What the web puts around a caption: agencies, prices, sizes, credits. It is cut off, and the caption kept."""

from __future__ import annotations

import re

_AGENCIES = (
    r"getty\s?images?|istock(?:photo)?|shutterstock(?:\.com)?|adobe\s?stock|alamy(?:\s+live\s+news)?|dreamstime(?:\.com)?|"
    r"depositphotos|123rf(?:\.com)?|bigstock|fotolia|pinterest|flickr|etsy(?-i:\s+[A-Z]{2})?|ebay|amazon(?:\.\w{2,3}){0,2}|aliexpress|"
    r"walmart(?:\.com)?|wayfair|unsplash|pexels|pixabay|freepik|vectorstock|pond5|500px|deviantart|redbubble|zazzle|"
    r"facebook|instagram|twitter|youtube|tumblr|imgur|wikimedia commons|wikipedia|vecteezy|rawpixel(?:\.com)?|storyblocks"
)
_KIND = r"(?:photo(?:graph)?(?:y|s)?|image|picture|pic|illustration|vector|footage|video|clipart|clip art|art|graphic|background|wallpaper)s?"
_PHRASES = [
    # "image may contain: two people" and its kin, written by machines around what they saw
    r"^\s*(?:no photo description available\.?|image may contain:|may be an? (?:image|photo|illustration) of)",
    r"(?:royalty[- ]free|rights[- ]managed|premium|free|editorial|best|hd|4k|high[- ](?:res(?:olution)?|quality))*[\s-]*\bstock[\s-]+" + _KIND,
    r"\broyalty[- ]free\b(?:\s+" + _KIND + r")?",
    r"\b(?:hd|4k|8k|uhd|full hd|free|desktop|mobile|iphone|android)[\s-]+(?:wallpaper|background|download)s?\b",
    r"\bwallpapers?\s+(?:hd|4k|free|download)\b",
    r"\b\d{3,5}\s?[x×*]\s?\d{3,5}(?:\s?(?:px|pixels))?(?:\s+(?:wallpaper|background)s?)?\b",
    r"\b(?:free download|download (?:now|free|this|full)|click (?:here )?(?:to|for) \w+(?: image)?|view larger(?: image)?|enlarge(?: image)?|read more|pin it)\b",
    r"\b(?:buy|shop|order|get it) (?:now|online|here|today)\b!?|\b(?:free|fast|worldwide) shipping\b!?|\bbest price\b!?|\bfor sale\b|\bon sale\b|\b\d{1,2}% off\b!?",
    r"(?:\b(?:usd|eur|gbp)\s?|[$€£¥])\s?\d[\d.,]*(?:\s?(?:usd|eur|gbp))?",
    r"(?:©|\(c\)|\bcopyright\b)\s*(?:\d{4}(?:\s?-\s?\d{4})?)?\s*(?:by\s+)?(?-i:(?:[A-Z][\w.'-]*\s?){0,4})",
    r"\b(?:photo(?:graph)?(?:er)?|image|picture|pic|foto)s?\s*(?:credits?|courtesy(?: of)?|source|by|via|©)\s*:?\s*(?:the\s+)?(?-i:(?:[A-Z@][\w.@'-]*[\s/]*(?:of\s)?){0,4}):?",
    r"\(\s*(?:photo|image|ap photo|reuters|afp)\b[^()]{0,60}\)",
    r"\b(?:photo|image|pic(?:ture)?|img|item|sku|id|ref|lot|art)\.?\s?(?:no\.?|number|#|nr\.?)\s?:?\s?\d+\b",
    r"#\d{3,}\b|\b(?=\w*\d\w*\d\w*\d)[a-z]?\d{6,}[a-z]?\b",
    r"\b(?:by|from|via|at|on|with)?\s*(?:" + _AGENCIES + r")\b(?:\s*/\s*\w[\w ]{0,30})?",
    r"\.(?:jpe?g|png|gif|webp|bmp|tiff?|svg|avif|heic)\b",
]  # fmt: skip
_BOILERPLATE = [re.compile(phrase, re.IGNORECASE) for phrase in _PHRASES]
_LEAD_IN = re.compile(
    r"^\s*(?:an?|the|this is an?)?\s*(?:free\s+)?(?:photo|photograph|picture|image|pic|snapshot)\s+(?:of|showing)\s+", re.IGNORECASE
)
_DOMAIN = re.compile(r"^\W*(?:[\w-]+\.)+(?:com|net|org|co|io|info|de|fr|uk|eu|ru|jp|shop|store|blog|me|tv)\W*$", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s+[-–—|•·»~:/]+\s+|\s*[|•·»]+\s*|\s*::\s*|\s+[-–—]\s*$|^\s*[-–—]\s+")
_YEAR_ALONE = re.compile(r"^(?:19|20)\d{2}$|^\d{1,3}$")
_EDGES = " \t,;:.-–—|/•·»_#*+=~&("


def strip_boilerplate(text: str) -> str:
    """The caption without what surrounds it; "" when nothing else was there ("stock photo 2023")."""
    found = False
    for pattern in _BOILERPLATE:
        text, cuts = pattern.subn(" | ", text)
        found = found or bool(cuts)
    parts = [part.strip(_EDGES) for part in _SEPARATOR.split(text) if part]
    kept = [part for part in parts if part and not _DOMAIN.match(part) and not (found and _YEAR_ALONE.match(part))]
    joined = ", ".join(dict.fromkeys(_balanced(part) for part in kept))
    joined = _LEAD_IN.sub("", joined)
    if found:  # "Red barn 2023" beside "stock photo": the year belongs to the agency
        joined = re.sub(r",?\s+(?:19|20)\d{2}$", "", joined)
    joined = re.sub(r"\s+", " ", re.sub(r"\(\s*\)|\[\s*\]", " ", joined))
    return re.sub(r"\s+([,.;:!?])", r"\1", joined).strip(" ,;:-|/")


def _balanced(part: str) -> str:
    """The part without a bracket whose mate was cut off."""
    for left, right in ("()", "[]"):
        if part.count(left) != part.count(right):
            part = part.replace(left, " ").replace(right, " ")
    return part.strip()
