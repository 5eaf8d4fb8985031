// What the page of the search answers: any word of a question counts, the more, the rarer it
// is and the more prominently it stands. MiniSearch (minisearch.js) adds it up, over what
// docs/_ext/search.py has written into search_index.js.
"use strict";

// What a place counts by the kind of its page; all others are pages written by hand.
const WEIGHTS = { gallery: 1, reference: 0.5, glossary: 0.5, defects: 0.5 };
const WEIGHT_OF_OTHERS = 0.7;
const BOOSTS = { title: 4, terms: 4, text: 1 };
const SHORT = 4; // letters of a word that is looked up as it is, or not at all
const SHOWN = 20;

function splitName(word) {
  const parts = word.split(/_|(?<=[a-z0-9])(?=[A-Z])/).filter(Boolean);
  return parts.length > 1 ? [word, ...parts] : parts;
}

function findWords(text) {
  const words = text.match(/\d+(?:\.\d+)+|[\p{Letter}\p{Number}_]+/gu) ?? [];
  return words.flatMap(splitName).map((word) => word.toLowerCase());
}

function unpack(packed) {
  const counts = {};
  let number = -1;
  for (const step of packed)
    if (step > 0) counts[(number += step)] = 1;
    else counts[number] = -step;
  return counts;
}

// Makes of what search_index.js has a function that answers a question with places, best
// first.
function makeSearch({ stopWords, pages, fields, lengths, words, counts }) {
  const places = pages.flatMap(([address, kind, terms, inner]) =>
    inner.map(([title, anchor, says]) => ({
      title,
      says,
      kind,
      page: anchor && inner[0][0],
      address: anchor ? `${address}#${anchor}` : address,
      names: [...(kind === "reference" ? title.split(", ") : [title]), ...(anchor ? [] : terms)],
    }))
  );
  const named = new Map(); // what has a name: a page, then an entry, then others
  const order = Object.keys(WEIGHTS);
  const rankOf = ({ kind }) => (order.indexOf(kind) + order.length + 1) % (order.length + 1);
  for (const [number, { names }] of places.entries())
    for (const name of new Set(names.map((name) => name.toLowerCase())))
      named.set(name, [...(named.get(name) ?? []), number]);

  const stemmer = new EnglishStemmer();
  const known = new Set(words);
  const ignored = new Set(stopWords);
  // A word that no place has may be one with other letters at its end: bidirectionnal.
  const stemsOf = (word) => {
    const stem = stemmer.stemWord(word);
    let begin = stem;
    while (begin.length > SHORT && !known.has(begin)) begin = begin.slice(0, -1);
    return begin.length > SHORT && begin !== stem ? [stem, begin] : [stem];
  };
  const options = {
    fields,
    tokenize: findWords,
    processTerm: (word) => !ignored.has(word) && stemsOf(word),
    searchOptions: {
      boost: BOOSTS,
      boostDocument: (number) => places[number].page ? WEIGHTS[places[number].kind] ?? WEIGHT_OF_OTHERS : (globalThis.TOP??1),
      prefix: (word) => word.length > SHORT && !known.has(word),
      fuzzy: (word) => word.length > SHORT && !known.has(word) && 0.26,
      weights: { prefix: 0.4, fuzzy: 0.4 },
    },
  };
  const asItIs = (list) => Object.fromEntries(list.map((value, key) => [key, value]));
  const numbers = places.map((_, number) => number);
  const engine = MiniSearch.loadJS(
    {
      serializationVersion: 2,
      documentCount: places.length,
      nextId: places.length,
      documentIds: asItIs(numbers),
      fieldIds: Object.fromEntries(fields.map((field, number) => [field, number])),
      fieldLength: asItIs(numbers.map((number) => asItIs(lengths.map((of) => of[number])))),
      averageFieldLength: lengths.map((of) => of.reduce((a, b) => a + b) / of.length),
      storedFields: {},
      index: words.map((word, number) => [word, asItIs(counts[number].map(unpack))]),
    },
    options
  );
  return (question) => {
    const typed = question.toLowerCase().trim();
    const parts = typed.split(".");
    const first = parts
      .map((_, number) => parts.slice(number).join("."))
      .flatMap((name) => (named.get(name) ?? []).sort((a, b) => rankOf(places[a]) - rankOf(places[b])));
    const found = engine.search(question);
    return [...new Set([...first, ...found.map(({ id }) => id)])].map((number) => places[number]);
  };
}
