// What a page explains comes first, then what its title says, then the glossary.
var Scorer = {
  score: ([docname, , , , score]) => (docname === "glossary" ? Math.min(score, 20) : score),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};

// An excerpt of a page tells what it says, not where it can be launched.
addEventListener("DOMContentLoaded", () => {
  const read = Search.htmlToText;
  Search.htmlToText = (page, anchor) =>
    read(page.replace(/<div class="page-links.*?<\/div>/gs, ""), anchor);
});
