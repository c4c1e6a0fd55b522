"""What the web puts around a caption: agencies, prices, sizes, credits. It is cut off, and the caption kept."""

from __future__ import annotations

import re

from curation.captions.filenames import is_file_name

_AGENCIES = (
    r"getty\s?images?|istock(?:photo)?|shutterstock|adobe\s?stock|alamy(?:\s+live\s+news)?|dreamstime|depositphotos|"
    r"123rf|bigstock(?:photo)?|fotolia|unsplash|pexels|pixabay|freepik|vectorstock|vecteezy|rawpixel|storyblocks|pond5|"
    r"canstock(?:photo)?|stocksy|fotosearch|clipart\s?(?:library|of)|wallpaper\s?(?:cave|flare|access|safari"
    r"|abyss)|500px"
)
# Names that may be what a caption is about; they go only where a site signs: after a separator, or "on Flickr".
_SITES = (
    r"pinterest|flickr|etsy(?-i:\s+[A-Z]{2})?|ebay|amazon|ali(?:express|baba)|walmart|wayfair|target|deviantart"
    r"|redbubble|"
    r"zazzle|facebook|instagram|twitter|youtube|vimeo|tumblr|reddit|imgur|wiki(?:media commons|media|pedia|how)"
    r"|behance|"
    r"fine art america|society6|houzz|tripadvisor|yelp|zillow|trulia|realtor|poshmark|overstock|home depot|ikea"
)
_OWNER = rf"(?:{_AGENCIES}|{_SITES})(?:\.(?:com|net|org|co\.uk|co|de|fr|uk|ca))?"
_KIND = (
    r"(?:photo(?:graph)?(?:y|s)?|image|picture|pic|illustration|vector|footage|video|clip\s?art|art|graphic|background|"
    r"wallpaper)s?"
)
_PEOPLE = r"(?:the\s+)?(?-i:(?:[A-Z@](?:\.|[\w'’-]*)(?:\s*/\s*|\s+)?(?:of\s|von\s|de\s|van\s|and\s|&\s)?){1,4})"
_PRICE = (
    r"(?:(?:\b(?:usd|eur|gbp|aud|cad)\s?|[$€£¥₹])\s?\d[\d.,]*|\b\d[\d.,]*\s?(?:[€£¥₹]|(?:usd|eur|gbp|aud|cad"
    r"|euros?|dollars?)\b))"
)

# What is said to the reader and not of the image.
_APPEAL = (
    r"(?:buy|order|get|shop) (?:this|it|yours|now|online|here|today)|contact (?:me|us|the seller)"
    r"|call (?:me|us|now|today)|click (?:here|on)|(?:follow|join|visit|ask) (?:me|us|our|@)|subscribe\b"
    r"|sign up\b|check out (?:our|my|this|these|more)|learn (?:more|how)|book (?:now|your|online)"
    r"|(?:message|email|e-mail|text|whatsapp|dm) (?:me|us)"
)

# What separates: the parts on both sides belong to different voices.
_AGENCY_PHRASES = (
    r"(?:^\s*|(?<=[.!?|:–—-] ))(?:" + _APPEAL + r")\b(?:[^|.!?]|[.!?](?=\S))*[.!?]?",
    r"^\s*(?:no (?:photo|image) description available\.?|(?:image|photo) may contain:|may be an? (?:\w+ )?(?:image"
    r"|photo"
    r"|illustration|graphic|cartoon) of)",
    r"^\s*(?:thumbnail for version as of.*|file:(?=\S))",
    r"\broyalty[- ]free\s[\w&/ –-]{1,60}?\bstock\s+" + _KIND,
    r"(?:\b(?:royalty[- ]free|rights[- ]managed|premium|free|editorial|best|hd|4k|high[- ](?:res(?:olution)?"
    r"|quality))\b"
    r"[\s-]{0,3}){0,4}\bstock[\s-]{1,3}(?:" + _KIND + r"\b[\s,&/]{0,3}){1,4}",
    r"\broyalty[- ]free\b(?:\s+" + _KIND + r"\b)?",
    r"\b(?:editorial use only|all rights reserved|for personal use only|no(?:t for)? commercial use)\b\.?",
    r"\b(?:(?:hd|4k|5k|8k|uhd|full hd|free|desktop|mobile|phone|iphone|android|ultra)[\s-]){1,4}(?:wallpaper"
    r"|background|download)s?\b",
    r"\b(?:wallpaper|background)s?[\s-](?:hd|4k|8k|uhd|free|download)\b",
    r"\b(?:4k|5k|8k|uhd|1080p|720p|300\s?dpi)\b(?:\s+resolution)?",
    r"\b\d{3,5}\s?[x×*]\s?\d{3,5}(?:\s?(?:px|pixels))?(?:\s+(?:wallpaper|background)s?)?\b",
    r"(?:©|\(c\)|\bcopyright\b)\s*:?\s*(?:\d{4}(?:\s?[-–]\s?\d{4})?)?\s*(?:by\s+)?(?:" + _PEOPLE + r")?",
    r"\b(?:photo(?:graph)?(?:er|s)?|image|picture|pic|foto)s?\s*(?:credits?|courtesy(?: of)?|source|by|via"
    r"|©)\s*:?\s*(?:"
    + _PEOPLE + r")?(?:\bon\s+(?:" + _OWNER + r")\b)?\s*:?",
    r"[(\[]\s*(?:photo|image|pic(?:ture)?|credits?|source|courtesy|via|ap photo|reuters|afp"
    r"|getty)\b[^()\[\]]{0,60}[)\]]",
    r"(?<=[,;.])\s*(?:(?:photographed|shot|taken|captured|posted|uploaded)\s+)?by\s+"
    r"(?!(?:lake|river|mount|bay|sea|loch|port|pond|canal)\b)(?-i:[A-Z][\w'’.-]*(?:\s+(?:[A-Z][\w'’.-]*|de|van|von|der|la)){1,3})(?=\s*$|\s+[|–—-])",
    r"(?:(?<=[.,;|–-])|^)\s*(?:photos?|credits?|source|image|foto"
    r"|courtesy(?: of)?)\s*:\s*" + _PEOPLE + r"(?=$|[.|,;)–-])",
    r"\b(?:photo|image|pic(?:ture)?|img|item|sku|asin|mpn|isbn|id|ref|lot|art|model|style|product|stock)\.?\s?"
    r"(?:no\.?|number|code|id|#|nr\.?|:)\s?[:#]?\s?[a-z]{0,3}-?\d[\w-]*",
    r"\b(?:sku|asin|mpn|isbn|upc|ean|ref)\b\.?\s?[\w-]*\d\w*",
    r"#\d{3,}\b|\b(?=\w*\d\w*\d\w*\d)[a-z]?\d{6,}[a-z]?\b",
    r"\b\d{1,2}[./]\d{1,2}[./](?:19|20)?\d{2}\b|\b(?:19|20)\d{2}-\d{2}-\d{2}\b(?:[ t]\d{2}:\d{2}(?::\d{2})?)?",
)  # fmt: skip
# What is spoken into the sentence: it leaves no gap.
_SHOP_PHRASES = (
    r"(?:\b(?:was|now|only|from|just|rrp|price|sale|for|at|save"
    r"|starting) ?:? ?){0,3}" + _PRICE + r"(?:\s?(?:each|pp|per \w+|/\s?\w+)\b)?",
    r"^\s*(?:free )?download\b|\bfor free\b|\b(?:free download|download (?:now|free|this|full)(?: image)?"
    r"|click (?:here )?(?:to|for) \w+(?: (?:this |the )?"
    r"(?:image|photo|picture)(?: of)?)?|(?:view|see) (?:larger|full[- ]size)(?: image)?|read more|pin it)\b",
    r"\b(?:buy|shop|order|get it) (?:it )?(?:now|online|here|today)\b!?|\b(?:free|fast|worldwide) (?:shipping"
    r"|delivery)\b!?|"
    r"\bbest price\b!?|\bfor sale\b|\bon sale\b|\b(?:up to )?\d{1,2}\s?% off\b!?|\badd to cart\b|\bsold out\b"
    r"|\bin stock(?=\W*$)|"
    r"\bbest ?sellers?\b|\bnew arrivals?\b|\bmoney back guarantee\b",
    r"[(\[]\s*(?:(?:id|sku|ref|no|nr|item|img|fig|p)\W{0,3})?(?!(?:1\d|20)\d{2}\W)\d+[a-z]?\s*(?:of \d+"
    r"|/\s?\d+)?\s*[)\]]",
    r"\.(?:jpe?g|png|gif|webp|bmp|tiff?|svg|avif|heic)\b",
)  # fmt: skip
_BREAKS = tuple(re.compile(phrase, re.IGNORECASE) for phrase in _AGENCY_PHRASES)
_GAPLESS = tuple(re.compile(phrase, re.IGNORECASE) for phrase in _SHOP_PHRASES)
_LEAD_IN = re.compile(
    r"^\s*(?:(?:an?|the|this is an?|free|high quality|stock)\s+)*(?:(?:photo(?:graph)?|picture|image|pic|snapshot)s?\s+"
    r"(?:of|showing)|(?:image|picture|photo)s?\s+(?:result )?for)\s+",
    re.IGNORECASE,
)
_SIGNED = re.compile(
    rf"(?:^|[\s,]{{1,3}})(?:\b(?:by|from|via|at|on)\s+(?:{_OWNER})|(?:{_AGENCIES}))(?:\s*/\s*[\w ]{{1,30}})?\s*$",
    re.IGNORECASE,
)
_SITE_FIRST = re.compile(rf"^\s*(?:{_OWNER})\s*[:|]\s*", re.IGNORECASE)
_PART_OF_NO_USE = re.compile(
    rf"\W*(?:(?:(?:by|from|via|at|on|in|and|the|official|site|website|online|shop"
    rf"|store)\W+)*(?:{_OWNER})\W*(?:/\s*[\w ]{{1,30}})?"
    rf"|(?:[\w-]+\.)+(?:com|net|org|co|io|info|de|fr|uk|eu|ru|jp|shop|store|blog|tv)"
    rf"|home(?:page)?|products?|shop|store|gallery|galleries|blog|news|archives?|categories|all|page\s\d+"
    rf"|pictures?|photos?|images?"
    rf"|featured image|limited (?:time|offer|time offer)|(?:premium|free|stock|hd|best|top)\s(?:photos?|vectors?"
    rf"|images?|pictures?|psd)"
    rf"|stock|vectors?|new|hot|sale|free|download|hd|thumbnail|preview|zoom|enlarge|main(?: image| photo)?"
    rf"|fig(?:ure)?\.?\s?\d*"
    rf"|(?:photo|image|picture|slide|view|img)\s?#?\d+(?:\s?(?:of|/)\s?\d+)?|\d+\s?(?:of|/)\s?\d+|by|sku|id|was"
    rf"|now)\W*",
    re.IGNORECASE,
)  # fmt: skip
_SEPARATOR = re.compile(r"\s+[-–—|•·»~:/>]+\s+|\s*[|•·»]+\s*|\s*::\s*|\s+[-–—]\s*$|^\s*[-–—]\s+")
_YEAR_ALONE = re.compile(r"^(?:19|20)\d{2}$|^\d{1,3}$")
_TRAILING_YEAR = re.compile(r"[,\s]+(?:19|20)\d{2}(?:\s?[-–/]\s?(?:19|20)?\d{2})?$")
_TRAILING_KIND = re.compile(r"[,\s]+(?:wallpaper|background|clip\s?art|vector|stock|download|free)s?$", re.IGNORECASE)
_DANGLING = re.compile(r"(?:\s+(?:in|at|on|with|by|of|from|for|and|via|the|an?)){1,3}$", re.IGNORECASE)
_HASHTAGS = re.compile(r"(?:\s?#[^\W\d]\w{0,50}){1,40}\s*$")
_EDGES = " \t,;:-–—|/•·»_#*+=~&(\"'“”‘’"


def strip_boilerplate(text: str) -> str:
    """The caption without what surrounds it; "" when nothing else was there ("stock photo 2023").

    Years go only where boilerplate was found beside them: in "Old map of London (1850)" they are the caption's.
    """
    cut = text
    for pattern in _BREAKS:
        cut = pattern.sub(" | ", cut)
    for pattern in _GAPLESS:
        cut = pattern.sub(" ", cut)
    cut = _SITE_FIRST.sub("", _HASHTAGS.sub("", cut) if len(_HASHTAGS.sub("", cut).split()) > 2 else cut)
    found = cut != text
    parts = [_SIGNED.sub("", part) for part in _SEPARATOR.split(cut) if part]
    kept = [_trimmed(part) for part in parts if not _PART_OF_NO_USE.fullmatch(part)]
    if len(kept) > 1:  # "DSC_0045 - Sunset at the lake"
        kept = [part for part in kept if not is_file_name(part)]
    kept = [part for part in kept if part and not (found and _YEAR_ALONE.match(part))]
    joined = ", ".join({part.casefold(): part for part in reversed(kept)}[key] for key in _distinct(kept))
    joined = _LEAD_IN.sub("", joined)
    if found:
        joined = _TRAILING_YEAR.sub("", _TRAILING_KIND.sub("", _TRAILING_YEAR.sub("", joined)))
        joined = _DANGLING.sub("", joined)
    joined = re.sub(r"(?<!\w)#(?=[^\W\d])|[®™]", "", re.sub(r"\(\s*\)|\[\s*\]", " ", joined))
    joined = re.sub(r"\s+([,.;:!?])", r"\1", " ".join(joined.split()))
    return re.sub(r"([,;:])[,;:]+", r"\1", joined).rstrip(" ,;:-|/").lstrip(" .,;:!?)-|/")


def _distinct(parts: list[str]) -> list[str]:
    """Case-folded parts, each once, in order: a title and its heading are often the same."""
    return list(dict.fromkeys(part.casefold() for part in parts))


def _trimmed(part: str) -> str:
    """The part without what dangles at its edges, or a bracket or quote whose mate was cut off."""
    whole = part.strip()
    for left, right in ("()", "[]"):
        if whole.count(left) != whole.count(right):
            whole = whole.replace(left, " ").replace(right, " ").strip()
    quoted = len(whole) > 2 and whole[0] + whole[-1] in ('""', "''", "“”", "‘’")
    trimmed = whole.strip(_EDGES if quoted else _EDGES.rstrip("\"'“”‘’"))
    return trimmed.strip() if any(char.isalnum() for char in trimmed) else ""
