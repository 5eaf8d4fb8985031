"""What the build writes as reStructuredText: texts (.inc) that hand-written pages include,
and whole pages."""

import re
import textwrap

from docutils.nodes import make_id

from gallery.paths import GALLERY


def plain(text):
    """Return a text in which no sign is markup."""
    return re.sub(r"([*_`|\\])", r"\\\1", text)


def prose(text):
    """Return a text in one line, in which nothing is markup but ``code``."""
    parts = re.split("(``.+?``)", " ".join(text.split()))
    return "".join(p if p.startswith("``") else plain(p) for p in parts)


def code(text, language="python"):
    """Return a text as code of a language."""
    return f".. code-block:: {language}\n\n{textwrap.indent(text, '   ')}\n"


def literal(names):
    return ", ".join(f"``{name}``" for name in names)


def anchors(names, title):
    """Return targets that stand before a title, without that which it has itself: Sphinx
    wants each label once, and names are on several pages."""
    names = [name for name in names if name != make_id(title)]
    spans = "".join(f'<span id="{name}"></span>' for name in names)
    return f".. raw:: html\n\n   {spans}\n" if names else ""


def heading(title, rule="-"):
    """Return a plain title, underlined."""
    return f"{plain(title)}\n{rule * len(plain(title))}\n\n"


def rubric(title):
    """Return a title that no table of contents has."""
    return f".. rubric:: {plain(title)}\n"


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
    """Write a text, unless it stands there already; name: in auto_examples, or a path."""
    path = GALLERY / name
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
        return True
    return False


def write_pages(folder, texts):
    """Write the pages of a folder, {stem: text}, and remove those that are none of them."""
    folder.mkdir(exist_ok=True)
    for page in folder.glob("*.rst"):
        if page.stem not in texts:
            page.unlink()
    for stem, text in texts.items():
        write(folder / f"{stem}.rst", text)
