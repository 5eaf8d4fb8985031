// The address of a name in the index leads on to its entry: reference.html#gru.
"use strict";
function forward() {
  const name = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (name?.matches("a.name")) location.replace(name.href);
}
forward();
addEventListener("hashchange", forward);
