// What scrolls can be scrolled by keyboard as well.
"use strict";
function makeScrollable() {
  const boxes = [...document.querySelectorAll("pre, .highlight, .math, .table-wrapper")];
  const scrolls = boxes.map(
    (box) => box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight
  );
  boxes.forEach((box, number) => {
    if (scrolls[number]) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  });
}
addEventListener("load", makeScrollable);
addEventListener("resize", makeScrollable);
