"""One plain sentence for each reason, for people who have not read the code."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from curation.samples import Reason

_R = Reason
EXPLANATIONS: Mapping[Reason, str] = MappingProxyType(
    {
        _R.UNSAFE: "The source's own score says that the image is probably unsafe.",
        _R.WATERMARK: "The source's own score says that the image probably carries a watermark.",
        _R.LOW_SIMILARITY: "The source's own CLIP score says that image and alt-text do not belong together.",
        _R.SMALL_SOURCE: "The source says that the image is smaller than the recipe wants.",
        _R.EMPTY_CAPTION: "Nothing readable is left of the alt-text once it is repaired and stripped of boilerplate.",
        _R.NOT_DEPICTING: "The alt-text tells of nothing to be seen: a headline, an offer, the title of a song.",
        _R.SHORT_CAPTION: "The alt-text has too few words to say anything about the image.",
        _R.LONG_CAPTION: "The alt-text is longer than a caption; most such texts are articles or keyword lists.",
        _R.FEW_LETTERS: "Too little of the alt-text is letters: codes, numbers or symbols.",
        _R.FILE_NAME: "The alt-text is the name of a file, such as IMG_2034.jpg.",
        _R.URL_CAPTION: "The alt-text is a web address.",
        _R.REPEATED_WORDS: "The alt-text says the same words over and over.",
        _R.LANGUAGE: "The alt-text is not in a language that the recipe keeps.",
        _R.INJECTION: "The alt-text gives orders to a model instead of describing an image.",
        _R.MISSING_SCORE: "The source gives no score where the recipe requires one.",
        _R.MALFORMED_URL: "The URL cannot be parsed.",
        _R.REFUSED_SCHEME: "The URL is not http or https.",
        _R.REFUSED_ADDRESS: "The URL, or a redirect, leads to a private or otherwise forbidden address.",
        _R.DNS: "The host name has no address.",
        _R.CONNECT: "The server could not be reached.",
        _R.TLS: "The server's certificate or TLS handshake is not valid.",
        _R.TIMEOUT: "The image did not arrive before the deadline.",
        _R.TOO_LARGE: "The body is larger than the byte cap.",
        _R.TOO_MANY_REDIRECTS: "The URL redirects more often than allowed.",
        _R.BAD_RESPONSE: "The server's answer is not valid HTTP, or broke off.",
        _R.HTTP_401: "The server asks for a login (HTTP 401).",
        _R.HTTP_403: "The server refuses access (HTTP 403).",
        _R.HTTP_404: "The image is gone (HTTP 404).",
        _R.HTTP_410: "The image is gone for good (HTTP 410).",
        _R.HTTP_429: "The server asks for fewer requests, and still did after the last attempt (HTTP 429).",
        _R.HTTP_4XX: "The server refuses the request (another HTTP 4xx).",
        _R.HTTP_5XX: "The server failed, and still did after the last attempt (HTTP 5xx).",
        _R.HOST_SET_ASIDE: "The host failed so often that the rest of the partition does not ask it again.",
        _R.ROBOTS_TXT: "The site's robots.txt does not allow this fetch.",
        _R.OPTED_OUT: "The owner opted out of AI training (X-Robots-Tag or TDM reservation).",
        _R.HASH_MISMATCH: "The bytes are not those that the source describes: its hash differs.",
        _R.DENIED: "The image stands on a deny list.",
        _R.NOT_AN_IMAGE: "The body is not an image of an accepted format, whatever its name says.",
        _R.DECODE: "The image is damaged and cannot be decoded.",
        _R.TOO_MANY_PIXELS: "The image declares a larger area than may be decoded.",
        _R.TOO_SMALL: "The image is smaller than the recipe wants.",
        _R.ASPECT: "The image is too wide or too tall: a banner or a strip.",
        _R.BLANK: "The image shows next to nothing: one colour or close to it.",
        _R.BLURRED: "The image is too blurred to see detail.",
        _R.NSFW: "The classifier takes the image for unsafe.",
        _R.DUPLICATE_SAMPLE: "The same URL and alt-text were met before.",
        _R.DUPLICATE_IMAGE: "The same image bytes were met before.",
        _R.NEAR_DUPLICATE_IMAGE: "The image looks like one that was met before: resized, cropped or re-encoded.",
        _R.DUPLICATE_DIALOGUE: "The dialogue says the same as one that was kept before.",
        _R.NO_EVIDENCE: "What is known of the image does not support a single turn.",
        _R.SURPLUS: "The mix wants no more of what this caption carries, mostly a lone description; nothing was asked.",
        _R.LLM_FAILED: "No endpoint gave an answer within the recipe's attempts.",
        _R.LLM_BAD_REQUEST: "The endpoint refused the request as such, for example because it is too long.",
        _R.LLM_TRUNCATED: "The LLM's answer hit the token limit before it was complete.",
        _R.LLM_INVALID: "The LLM's answer does not follow the asked-for JSON schema.",
        _R.MALFORMED: "A turn is ungrammatical or empty, or roles or order are wrong.",
        _R.TOO_SHORT: "The turn is too short to teach anything.",
        _R.TOO_LONG: "The turn is longer than the recipe allows.",
        _R.REPETITION: "The dialogue repeats itself, within a turn or across turns.",
        _R.CAPTION_LEAK: "The turn speaks of a caption or a prompt instead of the image.",
        _R.REFUSAL: "The LLM refused, or spoke of itself as an assistant.",
        _R.UNSUPPORTED: "The answer names things, colours, numbers or names that the evidence does not have.",
        _R.BAD_QUESTION: "The question cannot be answered from an image, or is not about it.",
        _R.DEBRIS: "The text holds markup, URLs, template tokens or other debris.",
        _R.ERASED: "Someone asked for this to be erased; nothing of it is kept.",
        _R.PERSONAL_DATA: "The text holds personal data, such as an e-mail address, a phone or a card number.",
        _R.PROMPT_LEAK: "The turn repeats the prompt or one of its examples instead of the evidence.",
        _R.WRONG_LANGUAGE: "The turn is not in the language that was asked for.",
        _R.TOXIC: "The text holds slurs, obscenity or other words that no instruction data should teach.",
        _R.CONTAMINATED_IMAGE: "The image stands in an evaluation set that the recipe names.",
        _R.CONTAMINATED: "The question stands in an evaluation set that the recipe names.",
        _R.JUDGED_UNSUPPORTED: "The judge says that the evidence contradicts the turn, or cannot tell.",
        _R.JUDGE_FAILED: "The judge gave no usable verdict, and the recipe keeps nothing without one.",
        _R.QUARANTINED: "The row crashed or exhausted the process that handled it, again and again.",
    }
)

_UNKNOWN = "A reason that this version of the program has no sentence for."


def explain(reason: str) -> str:
    """The sentence for a stored reason. A reason of another version of the program gets a neutral one."""
    known = _known(reason)
    return EXPLANATIONS.get(known, _UNKNOWN) if known else _UNKNOWN


def stage_of(reason: str) -> str:
    """The stage that gives this reason; `other` for a reason of another version of the program."""
    known = _known(reason)
    return known.stage if known else "other"


def may_pass_later(reason: str) -> bool:
    """Whether the same row may be accepted on another day."""
    known = _known(reason)
    return known is not None and known.transient


def _known(reason: str) -> Reason | None:
    return next((member for member in Reason if member == reason), None)
