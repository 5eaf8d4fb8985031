"""The commands of keras-by-hand, each a module with its arguments and a
function that does it."""
