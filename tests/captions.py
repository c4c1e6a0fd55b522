"""Captions in the manner of web alt-text, made by a grammar: what they carry is what such text carries.

The shares of the kinds are a guess at what is left of a LAION-like source after the caption filters: shop titles, stock
photos, news and people, places, homes, food, animals, art, sport, vehicles. No caption of a data set stands here.
"""

from __future__ import annotations

import random

_PERSON = "woman,man,girl,boy,couple,child,chef,farmer,nurse,teacher,student,musician,cyclist,fisherman,dancer,bride"
_PEOPLE = "women,men,girls,children,friends,students,workers,tourists,soldiers,dancers,players,runners"
_NAME = "Anna Keller,John Mbeki,Maria Lopez,Peter Novak,Grace Chen,Omar Said,Lucy Hart,Tom Reyes,Ingrid Dahl"
_PLACE = "Lisbon,Kyoto,Cape Town,Vermont,Lake Garda,Oslo,New Orleans,Galway,Jaipur,Lima,Crete,Bergen"
_COLOUR = "red,blue,green,white,black,yellow,pink,brown,grey,orange,purple,navy blue,light blue"
_WEAR = "dress,coat,shirt,jacket,hat,sweater,scarf,suit,helmet,apron,raincoat,t-shirt,uniform,skirt"
_MATERIAL = "wooden,leather,glass,ceramic,stone,brass,cotton,silk,steel,marble,bamboo,velvet"
_THING = "table,chair,lamp,bowl,vase,mirror,basket,clock,bench,sofa,mug,bag,wallet,belt,candle,rug,box,frame,shelf"
_THINGS = "boots,shoes,earrings,sandals,curtains,pillows,candles,bottles,mugs,gloves,chairs,towels,plates,keys"
_ANIMAL = "dog,cat,puppy,kitten,horse,owl,fox,elephant,butterfly,parrot,deer,lion,squirrel,duck,cow"
_ANIMALS = "dogs,cats,puppies,horses,ducks,sheep,elephants,penguins,deer,birds"
_ACT = "walking,sitting,smiling,running,standing,dancing,sleeping,waiting,working,reading,cooking,playing,swimming"
_OBJECT_ACT = (
    "holding an umbrella,reading a book,riding a bicycle,drinking coffee,using a laptop,playing guitar,painting a wall,"
    "carrying a backpack,eating ice cream,talking on the phone,writing in a notebook,watering plants,holding a baby,"
    "taking a selfie,walking a dog,blowing bubbles,opening a gift,lifting weights,planting a tree,flying a kite"
)
_ANIMAL_ACT = "sleeping,running,sitting,standing,lying,playing,swimming,grazing,looking at the camera,eating grass"
_WHERE = (
    "in the park,on the beach,in a kitchen,at sunset,in the snow,on a bench,in the rain,at home,in the city,in a field,"
    "at night,in front of a brick wall,on a white background,by the window,near the lake,under a tree,in the office,"
    "on the street,in the forest,at the market"
)
_FOOD = "chicken,tomato soup,apple pie,pasta,salmon,pancakes,beef stew,chocolate cake,salad,tacos,banana bread,curry"
_WITH = (
    "with fresh basil,with strawberries,with garlic and lemon,with avocado,with cream,with rice,on a plate,in a bowl"
)
_VEHICLE = "car,truck,bus,tractor,motorcycle,sailboat,train,van,bicycle,helicopter,ferry"
_BRAND = "Norvik,Halden,Trellis,Arbor & Co,Bellamy,Quill,Oakmoor,Sandler"
_SIGHT = "bridge,castle,cathedral,harbour,old town,waterfall,lighthouse,market square,beach,mountains,temple,canal"
_STYLE = "watercolor,oil painting,illustration,pencil drawing,vintage poster,pattern,sketch,photograph,print"
_NUMBER = "two,three,four,five,six"
_SPORT = "tennis,football,basketball,golf,hockey,rugby,volleyball,surfing,boxing"
_ROOM = "kitchen,living room,bedroom,bathroom,dining room,garden,patio,home office,hallway"

# (share in percent, templates); {a:x} puts "a" or "an" before a word of list x
KINDS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (18, (
        "{brand} {person}'s {colour} {material} {things}", "{material} {thing} - {colour}",
        "{colour} {material} {thing} with {material} {thing}", "{brand} {colour} {wear} size 8",
        "Set of {number} {material} {things}", "Vintage {material} {thing}", "{colour} {things} for {people}",
        "{brand} {thing} in {colour}", "{number} {colour} {things} on a {material} {thing}",
        "Handmade {material} {thing} {colour}", "{brand} Men's {wear} {colour} Large",
    )),
    (20, (
        "{person} {oact} {where}", "Young {person} {act} {where}", "Portrait of a {person} in a {colour} {wear}",
        "{number} {people} {act} {where}", "{person} in {colour} {wear} {oact}", "Happy {people} {oact}",
        "Smiling {person} {oact} {where}", "{person} and {person} {act} {where}", "Group of {people} {act} {where}",
        "Close up of {person} {oact}", "{person} wearing {colour} {wear} and {colour} {wear} {act} {where}",
    )),
    (12, (
        "{name} and {name} at the premiere in {place}", "{name} attends the awards in a {colour} {wear}",
        "{name} of {place} celebrates after the {sport} final", "{name} speaks at a conference in {place}",
        "{name} wearing a {colour} {wear}", "Mayor {name} opens the new {sight} in {place}", "{name} with her {animal}",
        "{name}, left, and {name} in {place}", "{name} 2019 photo",
    )),
    (12, (
        "{sight} in {place}", "{place} {sight} at sunset", "View of the {sight}, {place}", "{place}",
        "Boats in the harbour of {place}", "{sight} {where}", "{place} skyline at night",
        "Snow on the {sight} in {place}",
        "Hiking trail near {place}", "{place} {sight} photo", "Sunrise over the {sight}",
    )),
    (8, (
        "{colour} {room} with {material} {thing}", "Modern {room} with {colour} walls", "{room} ideas",
        "{room} with {number} {things} and a {colour} {thing}", "Small {room} with {material} floor",
        "House for sale in {place}", "{material} {thing} in a {room}",
    )),
    (8, (
        "{food} {with_}", "{food} recipe", "Homemade {food} {with_}", "Bowl of {food}",
        "{number} slices of {food} on a plate",
        "Best {food}", "{food} and {food} on a {material} {thing}", "Glass of orange juice {where}",
    )),
    (9, (
        "{animal} {aact} {where}", "{colour} {animal} {aact}", "{number} {animals} {where}", "Cute {animal}",
        "{colour} and {colour} {animal} on a {material} {thing}", "Herd of {animals} grazing {where}",
        "Little {animal} with a {colour} {thing}", "{animal} in {place}",
    )),
    (6, (
        "{style} of {a:animal}", "{sight} {style}", "{colour} flowers {style}", "Abstract {colour} background",
        "{style} of a {person} {where}", "Map of {place}", "{material} statue of {a:animal}",
    )),
    (4, (
        "{sport} player {name} during a match", "{people} playing {sport} {where}", "{name} in action, {place} open",
        "{person} running a race {where}", "{sport} ball on {colour} grass", "{sport} team of {place} 2016",
    )),
    (3, (
        "{colour} {vehicle} on the road", "{colour} {vehicle} parked {where}", "Old {vehicle} in {place}",
        "2014 {brand} {vehicle} for sale", "{vehicle} crossing a bridge", "{number} {colour} {vehicle}s in {a:place}",
    )),
)  # fmt: skip

_LISTS = {
    "person": _PERSON, "people": _PEOPLE, "name": _NAME, "place": _PLACE, "colour": _COLOUR, "wear": _WEAR,
    "material": _MATERIAL, "thing": _THING, "things": _THINGS, "animal": _ANIMAL, "animals": _ANIMALS, "act": _ACT,
    "oact": _OBJECT_ACT, "aact": _ANIMAL_ACT, "where": _WHERE, "food": _FOOD, "with_": _WITH, "vehicle": _VEHICLE,
    "brand": _BRAND, "sight": _SIGHT, "style": _STYLE, "number": _NUMBER, "sport": _SPORT, "room": _ROOM,
}  # fmt: skip
_WORDS = {name: words.split(",") for name, words in _LISTS.items()}


def web_captions(number: int, seed: int = 1) -> list[str]:
    """So many different captions, the same for the same seed."""
    rng = random.Random(seed)
    shares = [share for share, _ in KINDS]
    found: dict[str, None] = {}
    while len(found) < number:
        (_, templates) = rng.choices(KINDS, shares)[0]
        found[_written(rng.choice(templates), rng)] = None
    return list(found)


def _written(template: str, rng: random.Random) -> str:
    text, at = "", 0
    while (start := template.find("{", at)) >= 0:
        end = template.index("}", start)
        slot = template[start + 1 : end]
        word = rng.choice(_WORDS[slot.removeprefix("a:")])
        article = f"{'an' if word[0] in 'aeiou' else 'a'} " if slot.startswith("a:") else ""
        text += template[at:start] + article + word
        at = end + 1
    text += template[at:]
    text = text[0].upper() + text[1:]
    return text.title() if rng.random() < 0.15 else text
