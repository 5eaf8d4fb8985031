"""The script of a page as a text: the heading above each of its statements."""

from sphinx_gallery.py_source_parser import split_code_and_text_blocks


def find_headings(path, tree):
    """Return the heading above each statement of a script's ast; "" above the first."""
    starts, heading = [], ""
    for kind, text, line in split_code_and_text_blocks(str(path))[1]:
        lines = text.splitlines()
        for title, rule in zip(lines, lines[1:]):
            if kind == "text" and rule and set(rule) <= {"-"}:
                heading = title
        starts.append((line, heading))
    return [
        [title for line, title in starts if line <= statement.lineno][-1]
        for statement in tree.body
    ]
