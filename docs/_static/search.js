// What the page of the search answers: any word of a question counts, the more, the rarer it
// is and the more prominently it stands. MiniSearch (minisearch.js) adds it up, over what
// docs/_ext/search_index.py has written into search_index.js.
"use strict";

// What a place counts by the kind of its page, and all others, which are parts of a page.
const WEIGHTS = { note: 0.8, reference: 0.5, glossary: 0.5, defects: 0.5 };
const WEIGHT_OF_PART = 0.7;
const BOOSTS = { title: 4, terms: 4, text: 1 };
const SHORT = 4; // letters of a word that is looked up as it is, or not at all
const BEGIN = 0.5; // of the letters of a word, if it is to count for all of it
const SHOWN = 20; // places, at most

function splitName(word) {
  const parts = word.replace(/([a-z0-9])([A-Z])/g, "$1_$2").split("_").filter(Boolean);
  return parts.length > 1 ? [word, ...parts] : parts;
}

function splitWords(text) {
  const words = text.match(/\d+(?:\.\d+)+|[\p{Letter}\p{Number}_]+/gu) ?? [];
  return words.flatMap(splitName).map((word) => word.toLowerCase());
}

// "1 3 -2" are two places, 0 and 3: the word stands once in the first, twice in the second.
function unpack(packed) {
  const counts = new Map();
  let place = -1;
  for (const step of packed.split(" ").map(Number))
    if (step > 0) counts.set((place += step), 1);
    else if (step < 0) counts.set(place, -step);
  return counts;
}

// Returns what can be found, and the numbers of what has a name.
function findPlaces(pages) {
  const places = pages.flatMap(([address, kind, terms, parts]) =>
    parts.map(([title, anchor, says]) => ({
      title,
      says,
      address: anchor ? `${address}#${anchor}` : address,
      page: anchor ? parts[0][0] : "",
      weight: WEIGHTS[kind] ?? (anchor ? WEIGHT_OF_PART : 1),
      names: [
        ...(kind === "reference" ? title.split(", ") : [title]),
        ...(anchor ? [] : terms),
      ],
    }))
  );
  const named = new Map();
  const heaviest = [...places.keys()].sort((a, b) => places[b].weight - places[a].weight);
  for (const number of heaviest)
    for (const name of places[number].names.map((name) => name.toLowerCase()))
      if (!named.get(name)?.includes(number))
        named.set(name, [...(named.get(name) ?? []), number]);
  return { places, named };
}

function makeEngine({ stopWords, fields, lengths, words, counts }, weights) {
  const stemmer = new EnglishStemmer();
  const known = new Set(words);
  const ignored = new Set(stopWords);
  const isMistyped = (word) => word.length > SHORT && !known.has(word);
  // What no place has may be a word with other letters at its end, such as bidirectionnal.
  const stemsOf = (word) => {
    const stem = stemmer.stemWord(word);
    const shortest = Math.max(SHORT + 1, BEGIN * word.length);
    if (isMistyped(stem))
      for (let length = word.length - 1; length >= shortest; length--) {
        const begin = stemmer.stemWord(word.slice(0, length));
        if (known.has(begin)) return [stem, begin];
      }
    return [stem];
  };
  const byNumber = (list) => Object.fromEntries(list.entries());
  const engine = MiniSearch.loadJS(
    {
      serializationVersion: 2,
      documentCount: weights.length,
      nextId: weights.length,
      documentIds: byNumber([...weights.keys()]),
      fieldIds: Object.fromEntries(fields.map((field, number) => [field, number])),
      fieldLength: byNumber(weights.map((_, place) => lengths.map((of) => of[place]))),
      averageFieldLength: lengths.map((of) => of.reduce((a, b) => a + b) / of.length),
      storedFields: {},
      index: [],
    },
    {
      fields,
      tokenize: splitWords,
      processTerm: (word) => !ignored.has(word) && stemsOf(word),
      searchOptions: {
        boost: BOOSTS,
        boostDocument: (place) => weights[place],
        prefix: isMistyped,
        fuzzy: (word) => isMistyped(word) && 0.26, // changes for each letter
        weights: { prefix: 0.4, fuzzy: 0.4 },
      },
    }
  );
  // MiniSearch would unpack the counts of all words at once, which takes a phone too long.
  for (const [number, word] of words.entries())
    engine._index.set(word, {
      get: (field) => unpack(counts[number].split(",")[field]),
    });
  return engine;
}

// Returns what finds the places that answer a question, best first: those with this name,
// or with the last parts of it, as in tf.keras.layers.GRU, then those with its words.
function makeSearch(index) {
  const { places, named } = findPlaces(index.pages);
  const engine = makeEngine(
    index,
    places.map((place) => place.weight)
  );
  return (question) => {
    const parts = question.toLowerCase().trim().split(".");
    const names = parts.map((_, number) => parts.slice(number).join("."));
    const numbers = [
      ...names.flatMap((name) => named.get(name) ?? []),
      ...engine.search(question).map((found) => found.id),
    ];
    return [...new Set(numbers)].map((number) => places[number]);
  };
}

// -- The page

function loadScript(address) {
  const script = document.createElement("script");
  return new Promise((resolve, reject) => {
    Object.assign(script, { src: address, onload: resolve, onerror: reject });
    document.head.append(script);
  });
}

let search; // what is loaded by the first question
function loadSearch() {
  const files = ["_static/minisearch.js", "_static/stemmer.js", "search_index.js"];
  search ??= Promise.all(files.map(loadScript)).then(() => makeSearch(searchIndex));
  return search;
}

function makeItem({ title, address, page, says }) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  Object.assign(link, { href: address, textContent: title });
  item.append(link);
  for (const [className, text] of Object.entries({ "found-on": page, says }))
    if (text) {
      const line = document.createElement("p");
      Object.assign(line, { className, textContent: text });
      item.append(line);
    }
  return item;
}

async function answer(question, status, list) {
  status.textContent = question ? "Searching" : "";
  list.replaceChildren();
  if (!question) return;
  const ask = await loadSearch();
  const found = ask(question);
  list.replaceChildren(...found.slice(0, SHOWN).map(makeItem));
  const shown = found.length > SHOWN ? `The first ${SHOWN}` : `${found.length} found`;
  status.textContent = found.length
    ? `${shown}, best first.`
    : "Nothing on this site has any of these words.";
}

addEventListener("DOMContentLoaded", () => {
  const question = new URLSearchParams(location.search).get("q") ?? "";
  for (const box of document.querySelectorAll("[name=q]")) box.value = question;
  const results = document.getElementById("search-results");
  const [status, list] = results.children;
  answer(question.trim(), status, list).catch(() => {
    status.textContent = "The index of the search cannot be loaded. Is there a network?";
  });
});
