"""Boilerplate: what the web puts around a caption goes, the caption stays as it was."""

from __future__ import annotations

import pytest

from curation.captions.boilerplate import strip_boilerplate

COAT = "Man in a blue coat at a bus stop"


@pytest.mark.parametrize(
    "wrapped",
    [
        "{} stock photo", "{} 2023 stock photo", "{}, stock photo 2023", "{} - Stock Image",
        "{} — Royalty-free stock photography",
        "Stock Photo: {}", "Royalty Free Stock Image - {}", "{} - Royalty-free Adult Stock Photo", "{} | Premium Photo",
        "{} - Getty Images", "{} | Shutterstock", "{} - iStock", "{} by Alamy Stock Photo", "{} Shutterstock",
        "{} via Flickr",
        "{} | Etsy UK", "{} - Amazon.co.uk", "Amazon.com: {}", "{} at Walmart.com", "{} on Pinterest",
        "{} | example.com",
        "{} $12.99", "{}, was £40.00 now £25", "{} for €19,95", "{} USD 30.00 each", "{} 45 EUR", "{} - FREE SHIPPING!",
        "{} | Buy Online", "{} for sale", "{} - Shop Now", "{} (SKU: 883412)", "{} Item #4471", "{} ref. 12345",
        "{} #99812",
        "{} 123456789", "{} (id: 2331)", "{} [3]", "{} (2 of 9)", "{}.jpg", "{}.jpg 1920x1080",
        "{} 1920 x 1080 wallpaper",
        "{} HD wallpaper", "{} 4K", "Free download {} wallpaper", "{} 12/05/2019", "{} © 2019 Jane Doe", "{} (c) 2020",
        "© 2019 Mark Jones Photography. {}", "{}. Copyright John Smith. All rights reserved.", "{} (Photo: Jane Doe)",
        "{} - Photo by Anna Müller on Unsplash", "Photo by John Smith: {}", "{}. Photo credit: Jane Doe / Reuters",
        "{} | Photo courtesy of NASA", "{} (AP Photo/Jane Doe)", "{} #coat #street", "Photo of {}",
        "Image result for {}",
        "Click to enlarge image of {}", "Image may contain: {}", "{} | {}", "{} - {}", "| {} |", "- {} -", "{} ...",
        "{} | Home | Blog",
        "Home / Gallery / {}", "{}®", "Slide 4 of 9 | {}", "{} in #london",
        "DSC_0045 - {}", "{} | IMG_2034.jpg", "File:{}.jpg - Wikimedia Commons", "Featured Image - {}",
        "{} - Limited Time!!!",
        "Download {} wallpaper for free", "{}, by Kenneth Wimer - Flickr", "{}, photographed by Anna de la Cruz",
        "{} - Buy this stock photo on Shutterstock 1234567", "{}. Call us today for a free quote: 555-1234",
        "Book your stay | {}", "{} - Contact me at jane.doe@example.com or 030 123456",
    ],
)  # fmt: skip
def test_boilerplate_goes_and_the_caption_stays(wrapped: str) -> None:
    stripped = strip_boilerplate(wrapped.replace("{}", COAT))
    assert stripped.rstrip(".").casefold() == COAT.casefold()


@pytest.mark.parametrize(
    "caption",
    [
        "Amazon rainforest canopy in the morning mist",
        "A man takes a picture of the Facebook headquarters sign",
        "People looking at Instagram on their phones in a subway car",
        "Living room with blue floral wallpaper and a velvet sofa",
        "Painting of a sunflower field by Vincent van Gogh",
        "Vector illustration of a green tree with red apples",
        "1965 Ford Mustang in a parking lot",
        "Boeing 747-400 landing at Heathrow airport",
        "Old map of London (1850)",
        "Dr. Smith at the U.S. Capitol in Washington, D.C.",
        "Farmer with live stock in a green valley",
        "Book cover of The Hobbit (paperback)",
        "Photographer with an old camera on a mountain",
        "A street market in Delhi, 2019",
        "Woman who is 1.70 m tall next to a door",
        'Sign that reads "No Parking" on a gate',
        "Man – black suit, white shirt",
        "Two-tone leather bag for women",
        "Apollo 11 lunar module on the Moon",
        "Ships in stock car race colors",
        "A house by Lake Como",
        "Children visit our local zoo and feed goats",
        "Order of knights in a hall",
        "Street in Rome by night",
    ],
)
def test_a_caption_that_only_looks_like_it_stays_as_it_was(caption: str) -> None:
    assert strip_boilerplate(caption).replace(",", "") == caption.replace(" –", "").replace(",", "")


@pytest.mark.parametrize(
    "caption",
    [
        "stock photo", "stock photo 2023", "Royalty-free stock image", "Getty Images", "Shutterstock | stock vector",
        "Photo by NASA on Unsplash", "Image by Pixabay", "© 2020 All rights reserved", "$12.99 - Buy now!",
        "No photo description available.",
        "1920x1080", "Free Download HD Wallpapers", "SKU 883412", "| - |", "for sale", "Photo 3 of 12",
        "Thumbnail for version as of 12:31, 5 March 2011",
        "Contact me at jane.doe@example.com or +1 415 555 0132 about this photo", "Visit our farm this summer",
    ],
)  # fmt: skip
def test_nothing_is_left_of_boilerplate_alone(caption: str) -> None:
    assert strip_boilerplate(caption) == ""
