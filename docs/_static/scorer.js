// What the search finds, best first. Sphinx' own order counts the best of several words
// alone, and leaves pages that are alike in this to the alphabet.
//
// A name gets its lesson, then its entry in the reference: an index entry, an object or the
// title of a section, with an anchor, of a page reference/... In tf.keras.layers.GRU, the
// parts behind a dot are names, too. Other words are looked up one by one: all of them must
// be somewhere on a page, and count the more, the more prominently they stand there.
{
  const LESSON = 100;
  const REFERENCE = 95;
  const SHORTENED = 10; // less, for each part of a name that is left out
  const NAME = 6; // a word of a name, or of a title before its colon
  const TITLE = 4;
  const TEXT = 1;
  const GLOSSARY = 10; // at most

  const stemmer = new Stemmer();
  const wordsOf = (text) =>
    text.toLowerCase().split(/[^\p{Letter}\p{Number}]+/u).filter(Boolean);
  const stemsOf = (text) => wordsOf(text).map((word) => stemmer.stemWord(word));
  const isRequired = (word) => word.length > 2 && !stopwords.has(word);

  const likeness = (stem, other) =>
    stem === other ? 1 : stem.length > 2 && other.includes(stem) ? 0.5 : 0;
  const likest = (stem, others) =>
    Math.max(0, ...others.map((other) => likeness(stem, other)));

  const findNames = ({ alltitles, docnames, indexentries, objects, objnames }) => {
    const names = [];
    for (const [title, places] of Object.entries(alltitles))
      for (const [file, anchor] of places)
        if (anchor && docnames[file].startsWith("reference/"))
          for (const name of title.split(", ")) names.push({ name, file, anchor });
    for (const [prefix, things] of Object.entries(objects))
      for (const [file, type, , id, name] of things) {
        const full = prefix ? `${prefix}.${name}` : name;
        const anchor = { "": full, "-": `${objnames[type][1]}-${full}` }[id] ?? id;
        names.push({ name: name.split(".").pop(), file, anchor });
      }
    for (const [name, places] of Object.entries(indexentries))
      for (const [file, anchor] of places) names.push({ name, file, anchor });
    return names;
  };

  const learn = (index) => {
    const names = findNames(index);
    const pages = index.titles.map((title, file) => ({
      file,
      head: stemsOf(title.split(":")[0]),
      title: stemsOf(title),
      names: names
        .filter((entry) => entry.file === file && !entry.anchor)
        .flatMap((entry) => stemsOf(entry.name)),
    }));
    return { index, names, pages };
  };

  // How much a word of the query counts on each page whose text has it.
  const findInText = (stem, { terms, titleterms }) => {
    const points = new Map();
    for (const [term, files] of [...Object.entries(terms), ...Object.entries(titleterms)])
      for (const file of likeness(stem, term) ? [files].flat() : [])
        points.set(file, Math.max(points.get(file) ?? 0, TEXT * likeness(stem, term)));
    return points;
  };

  const rankPages = (query, pages, index) => {
    const words = [...new Set(wordsOf(query))].map((word) => {
      const stem = stemmer.stemWord(word);
      return { stem, required: isRequired(word), inText: findInText(stem, index) };
    });
    if (!words.some((word) => word.required)) words.forEach((w) => (w.required = true));
    const found = [];
    for (const { file, head, title, names } of pages) {
      const points = words.map(({ stem, inText }) =>
        Math.max(
          NAME * likest(stem, [...head, ...names]),
          TITLE * likest(stem, title),
          inText.get(file) ?? 0
        )
      );
      if (words.some(({ required }, number) => required && !points[number])) continue;
      const inTitle = words.filter((word) => likest(word.stem, title)).length;
      const sum = points.reduce((a, b) => a + b);
      // Of pages that are alike, the one whose title says the least besides.
      found.push({ file, anchor: "", score: sum + inTitle / (title.length + 1) });
    }
    return found;
  };

  const rankNames = (query, names, { docnames }) => {
    const typed = query.toLowerCase().trim().split(".");
    const endings = typed.map((_, number) => typed.slice(number).join("."));
    return names
      .filter(({ name }) => endings.includes(name.toLowerCase()))
      .map(({ name, file, anchor }) => {
        const leftOut = endings.indexOf(name.toLowerCase());
        const isReference = docnames[file].startsWith("reference/");
        const score = (isReference ? REFERENCE : LESSON) - SHORTENED * leftOut;
        return { name, file, anchor, score };
      });
  };

  let known = {};
  Search._performSearch = (query) => {
    const index = Search._index;
    if (known.index !== index) known = learn(index); // once
    document.getElementById("search-progress")?.replaceChildren();
    const found = [
      ...rankNames(query, known.names, index),
      ...rankPages(query, known.pages, index),
    ].map((result) =>
      index.docnames[result.file] === "glossary"
        ? { ...result, score: Math.min(result.score, GLOSSARY) }
        : result
    );
    const seen = new Set();
    return found
      .sort((a, b) => b.score - a.score)
      .filter(({ file, anchor }) => {
        const place = `${file}#${anchor}`;
        return !seen.has(place) && seen.add(place);
      })
      .map(({ name, file, anchor, score }) => [
        index.docnames[file],
        anchor ? `${name}: ${index.titles[file]}` : index.titles[file],
        anchor && `#${anchor}`,
        null,
        score,
        index.filenames[file],
        anchor ? SearchResultKind.index : SearchResultKind.title,
      ])
      .reverse(); // Sphinx shows the last one first
  };
}

// Sphinx would ask for other categories, of which there are none.
Documentation.TRANSLATIONS[
  "Your search did not match any documents. Please make sure that all words are spelled correctly and that you've selected enough categories."
] = "Nothing on this site has all of these words.";

// An excerpt of a page tells what it says, not where it can be launched.
addEventListener("DOMContentLoaded", () => {
  const read = Search.htmlToText;
  Search.htmlToText = (page, anchor) =>
    read(page.replace(/<div class="page-links.*?<\/div>/gs, ""), anchor);
});
