// Remembers which lessons were read, in this browser alone: a lesson was read when its end
// was in view. The course's sidebar and its page show it.
"use strict";
const KEPT = "keras-by-hand: read";
const beside = [...document.querySelectorAll(".sidebar-tree.course [data-lesson]")];
const pages = new Map(beside.map((link) => [link.href.split("#")[0], link.dataset.lesson]));

function recall() {
  try {
    return new Set([JSON.parse(localStorage.getItem(KEPT)) ?? []].flat());
  } catch {
    return new Set(); // no storage, or something else stands there
  }
}

function keep(read) {
  try {
    localStorage.setItem(KEPT, JSON.stringify([...read]));
  } catch {
    // It is forgotten with the page.
  }
  show(read);
}

function markRead(link, isRead) {
  if (isRead === Boolean(link.querySelector(".was-read"))) return;
  if (!isRead) return link.querySelector(".was-read").remove();
  const sign = document.createElement("span");
  const text = document.createElement("span");
  const check = document.createElement("span");
  Object.assign(check, { textContent: " ✓", ariaHidden: "true" });
  Object.assign(text, { textContent: ", read", className: "visually-hidden" });
  sign.className = "was-read";
  sign.append(check, text);
  (link.querySelector(".lesson-title") ?? link).append(sign);
}

// The first link to each lesson on the course's page
function findListed() {
  const links = document.querySelectorAll("article .part li > p > a, article .part > p > a");
  return [...links].filter((link) => pages.has(link.href));
}

const listed = findListed(); // none on other pages
const told = document.createElement("p");
const count = document.createElement("span");
const button = document.createElement("button");

function show(read) {
  for (const link of beside) markRead(link, read.has(link.dataset.lesson));
  for (const link of listed) markRead(link, read.has(pages.get(link.href)));
  const known = beside.filter((link) => read.has(link.dataset.lesson)).length;
  count.textContent = known
    ? `You have read ${known} of ${beside.length} pages; only this browser knows. `
    : "This browser, and nobody else, will remember what you have read.";
  button.hidden = known === 0;
}

if (listed.length) {
  told.className = "what-was-read";
  count.role = "status";
  Object.assign(button, { type: "button", textContent: "Forget what I have read" });
  button.onclick = () => keep(new Set());
  told.append(count, button);
  document.querySelector("article .part").before(told);
}

const current = document.querySelector(".course [data-lesson][aria-current]");
const end = document.querySelector("article .checked");
if (current && end) {
  new IntersectionObserver((seen, observer) => {
    if (!seen.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    keep(recall().add(current.dataset.lesson));
  }).observe(end);
}

// The sidebar begins where one is.
const sidebar = document.querySelector(".sidebar-scroll");
if (current && sidebar) {
  const [line, frame] = [current, sidebar].map((element) => element.getBoundingClientRect());
  sidebar.scrollTop += line.top - frame.top - frame.height / 2;
}

addEventListener("pageshow", () => show(recall())); // also when one comes back
addEventListener("storage", () => show(recall())); // another window has read on
