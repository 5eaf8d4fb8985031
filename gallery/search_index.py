"""The index of the search: which words stand how often in what can be found.

docs/_static/search.js takes a question apart as this module does a text, and hands the
index to MiniSearch.
"""

import collections
import functools
import re
from dataclasses import dataclass

import snowballstemmer

FIELDS = ("title", "terms", "text")
STOP_WORDS = frozenset(
    "a about an and are as at be been but by can could did do does doesn don for from had "
    "has have he her his how i if in into is isn it its let may me must my no of on or "
    "our s she should so t that the their them then there these they this those to too "
    "very was way we were what when where which while who why will with won would you "
    "your".split()
)
WORD = re.compile(r"\d+(?:\.\d+)+|\w+")
CAMEL = re.compile("([a-z0-9])([A-Z])")
stem = functools.cache(snowballstemmer.stemmer("english").stemWord)


@dataclass
class Place:
    """What can be found: a page, or a part of it."""

    title: str
    anchor: str
    says: str  # its first sentence
    text: str


@dataclass
class Page:
    """A page of the site. Its first place is the page itself."""

    address: str
    kind: str
    terms: list  # other words for it: a question that is one of them finds it first
    places: list


def split_name(word):
    """Return a word, and what it is made of: mask_zero, mask, zero."""
    parts = [part for part in CAMEL.sub(r"\1_\2", word).split("_") if part]
    return [word, *parts] if len(parts) > 1 else parts


def split_words(text):
    """Return the words of a text, and the parts of those that are names."""
    return [part.lower() for word in WORD.findall(text) for part in split_name(word)]


def find_words(text):
    """Return the stems of a text's words, without those that are in every text."""
    return [stem(word) for word in split_words(text) if word not in STOP_WORDS]


def words_of(place, terms):
    """Return the words of a place, a list for each of FIELDS. In a text, a number says
    little."""
    text = [word for word in find_words(place.text) if not word[0].isdigit()]
    return find_words(place.title), find_words(", ".join(terms)), text


def pack(counts):
    """Return {place: count} in short: the steps from place to place, and behind a step,
    where it is not 1, -count."""
    packed, last = [], -1
    for place, count in sorted(counts.items()):
        packed += [place - last] if count == 1 else [place - last, -count]
        last = place
    return " ".join(map(str, packed))


def count_words(pages):
    """Return for each field how many words each place has, and for each word how often it
    stands in which place. The places are counted through all pages."""
    places = [
        (place, () if place.anchor else page.terms)
        for page in pages
        for place in page.places
    ]
    lengths = [[] for _ in FIELDS]
    counts = collections.defaultdict(lambda: [{} for _ in FIELDS])
    for number, (place, terms) in enumerate(places):
        for field, words in enumerate(words_of(place, terms)):
            lengths[field].append(len(set(words)))
            for word, count in collections.Counter(words).items():
                counts[word][field][number] = count
    return lengths, counts


def make_index(pages):
    """Return what search.js reads, to be written as JSON."""
    lengths, counts = count_words(pages)
    words = sorted(counts)
    return {
        "stopWords": sorted(STOP_WORDS),
        "pages": [
            (
                page.address,
                page.kind,
                page.terms,
                [(p.title, p.anchor, p.says) for p in page.places],
            )
            for page in pages
        ],
        "fields": FIELDS,
        "lengths": lengths,
        "words": words,
        "counts": [",".join(map(pack, counts[word])) for word in words],
    }
