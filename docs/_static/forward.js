// The address of a name in the index leads on to its entry: reference.html#gru. So does one
// on a page where the entry does not stand any more: reference/recurrent.html#bidirectional.
"use strict";
function forward() {
  const anchor = decodeURIComponent(location.hash.slice(1));
  const found = document.getElementById(anchor);
  const isIndex = document.querySelector("a.name") !== null;
  if (found?.matches("a.name")) location.replace(found.href);
  else if (anchor && !found && !isIndex) location.replace(`../reference.html#${anchor}`);
}
forward();
addEventListener("hashchange", forward);
