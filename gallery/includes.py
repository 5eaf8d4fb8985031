"""Texts (.inc) that the build makes and hand-written pages include."""

from gallery.paths import GALLERY


def table(header, rows):
    """Return a reStructuredText table."""
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for first, *others in (header, *rows):
        lines += [f"   * - {first}", *(f"     - {cell}" for cell in others)]
    return "\n".join(lines) + "\n"


def folded(summary, text):
    """Return reStructuredText that opens on demand."""
    return (
        f'.. raw:: html\n\n   <details class="folded"><summary>{summary}</summary>\n\n'
        f"{text.rstrip()}\n\n.. raw:: html\n\n   </details>\n"
    )


def write(name, text):
    """Write a text for a page to include, unless it stands there already."""
    path = GALLERY / name
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
        return True
    return False
