"""Mathematics as native MathML, made by docutils while the site is built.

Readers load no script for it, and one small font. Unlike a general TeX, docutils knows a
fixed list of commands; what it does not know is a warning, which fails the build.
"""

import html
import re

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)


def convert(tex, node, as_block=False):
    """Return the MathML of a TeX formula, which it holds as an annotation, to be copied;
    ``node`` tells where it stands."""
    # Docutils would show the backslash.
    text = re.sub(r"\\text\{.*?\}", lambda found: found[0].replace(r"\_", "_"), tex)
    try:
        mathml = tex2mathml(text, as_block=as_block)
    except MathError as error:
        logger.warning("cannot write %r as MathML: %s", tex, error, location=node)
        return ""
    start, formula = re.fullmatch(r"(<math.*?>)(.*)</math>\s*", mathml, re.S).groups()
    source = f'<annotation encoding="application/x-tex">{html.escape(tex)}</annotation>'
    return f"{start}<semantics><mrow>{formula}</mrow>{source}</semantics></math>"


def visit_inline(translator, node):
    translator.body.append(convert(node.astext(), node))
    raise nodes.SkipNode


def visit_block(translator, node):
    translator.body.append(translator.starttag(node, "div", CLASS="math"))
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    for formula in node.astext().split("\n\n"):  # a blank line parts two formulas
        if formula.strip():
            translator.body.append(convert(formula, node, as_block=True))
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
