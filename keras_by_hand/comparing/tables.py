"""Tables of text."""

TO_THE_RIGHT = {"parameters", "arrived", "at", "corr.", "own"}


def table_lines(head, rows):
    """Return the lines of a table: its head, and a row of texts for each."""
    rows = [head, *rows]
    columns = list(zip(*rows))
    widths = [max(map(len, column)) for column in columns]
    return [
        "  ".join(
            text.rjust(width) if name in TO_THE_RIGHT else text.ljust(width)
            for name, text, width in zip(head, row, widths)
        ).rstrip()
        for row in rows
    ]


def no_spaces(shape):
    """Return a shape, or a place, as a text without spaces."""
    return str(shape).replace(" ", "")
