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
