// The reference and the gallery show what one types, and hide the rest.
"use strict";
const groups = [...document.querySelectorAll("article section > section")].filter((group) =>
  group.querySelector(":scope > section, :scope > details, .sphx-glr-thumbcontainer")
);

function filter(typed) {
  const words = typed.toLowerCase().split(/\s+/);
  const matches = (element) => {
    const text = element.textContent.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  for (const group of groups) {
    const entries = [...group.querySelectorAll(":scope > section, .sphx-glr-thumbcontainer")];
    for (const entry of entries) entry.hidden = !matches(entry);
    const folded = group.querySelector(":scope > details"); // names without an entry
    const named = folded !== null && matches(folded);
    if (folded) folded.open = named && typed !== "";
    group.hidden = !named && entries.every((entry) => entry.hidden);
  }
}

if (groups.length) {
  const box = document.createElement("input");
  Object.assign(box, { type: "search", className: "filter", placeholder: "Filter" });
  box.ariaLabel = "Show what contains these words";
  box.oninput = () => filter(box.value);
  groups[0].before(box);
}
