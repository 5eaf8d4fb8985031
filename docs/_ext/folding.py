"""Code that need not be read to follow a page is folded on the site, not in downloads:
that of figures, and functions that other pages explain.
"""

from docutils import nodes

SUMMARIES = {
    "See it": "The code of the figure",
    "From other pages": "The code, which other pages explain",
}


def fold(app, doctree):
    """Put each block of code of these sections into details that open on demand."""
    for section in doctree.findall(nodes.section):
        summary = SUMMARIES.get(section.next_node(nodes.title).astext())
        if summary is None or not app.env.docname.startswith("auto_examples/"):
            continue
        for block in list(section.findall(nodes.literal_block)):
            if "sphx-glr-script-out" in block["classes"]:
                continue  # what the code printed
            before = f'<details class="folded"><summary>{summary}</summary>'
            block.replace_self(
                [
                    nodes.raw("", before, format="html"),
                    block.deepcopy(),
                    nodes.raw("", "</details>", format="html"),
                ]
            )


def setup(app):
    app.connect("doctree-read", fold)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
