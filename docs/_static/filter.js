// Shows what one types, and hides the rest. An entry of a page that is filtered is an
// element with data-words: what it shows counts, and these words, such as the arguments of
// a layer or other names of a lesson. Whatever holds entries goes with the last of them.
"use strict";
const entries = [...document.querySelectorAll("article [data-words]")];
const address = new URL(location);

function filter(typed, nothing) {
  const words = typed.toLowerCase().split(/\s+/);
  for (const entry of entries) {
    const text = `${entry.textContent} ${entry.dataset.words}`.toLowerCase();
    entry.hidden = !words.every((word) => text.includes(word));
  }
  for (const group of document.querySelectorAll("article section :has([data-words])"))
    group.hidden = group.querySelector("[data-words]:not([hidden])") === null;
  nothing.hidden = entries.some((entry) => !entry.hidden);
  const root = document.documentElement.dataset.content_root;
  nothing.lastChild.href = `${root}search.html?q=${encodeURIComponent(typed)}`;
}

function remember(typed) {
  if (typed) address.searchParams.set("q", typed);
  else address.searchParams.delete("q");
  history.replaceState(null, "", address);
}

if (entries.length) {
  const box = document.createElement("input");
  Object.assign(box, { type: "search", className: "filter", placeholder: "Filter" });
  box.ariaLabel = "Show what contains these words";
  const nothing = document.createElement("p");
  nothing.role = "status";
  const search = document.createElement("a");
  search.textContent = "Search all pages";
  nothing.append("Nothing found. ", search);
  let first = entries[0]; // what holds all entries gets the box
  while (!first.parentElement.contains(entries.at(-1))) first = first.parentElement;
  first.before(box, nothing);
  box.value = address.searchParams.get("q") ?? "";
  box.oninput = () => {
    filter(box.value, nothing);
    remember(box.value);
  };
  filter(box.value, nothing);
}
