"""Code that need not be read to follow a page is folded on the site: that of figures, and
what gallery/linker.py puts in the place of imports.
"""

from docutils import nodes

from gallery import stages
from gallery.package import NAME
from gallery.scripts import read_mark


def find_summary(section, block):
    """Return what to say of a block of code instead of showing it; None to show it."""
    if mark := read_mark(block.astext()):
        module, names = mark
        home = module if module.split(".")[0] == NAME else "this family"
        return f"The code of {names}, from {home}"
    if section.next_node(nodes.title).astext() == "See it":
        return "The code of the figure"
    return None


def fold(app, doctree):
    """Put each such block of code into details that open on demand."""
    if not app.env.docname.startswith("auto_examples/"):
        return
    for block in list(doctree.findall(nodes.literal_block)):
        section = block.parent
        while section and not isinstance(section, nodes.section):
            section = section.parent
        if "sphx-glr-script-out" in block["classes"] or not section:
            continue  # what the code printed
        if summary := find_summary(section, block):
            before = f'<details class="folded"><summary>{summary}</summary>'
            block.replace_self(
                [
                    nodes.raw("", before, format="html"),
                    block.deepcopy(),
                    nodes.raw("", "</details>", format="html"),
                ]
            )


def setup(app):
    app.connect("doctree-read", fold, priority=stages.CHANGE_DOCTREE)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
