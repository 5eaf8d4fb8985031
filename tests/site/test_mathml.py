"""Mathematics as MathML: the equations of the reference."""

import html
import re
import xml.etree.ElementTree as ET

import mathml
import pytest

from gallery.reference_words import read_equations

EQUATIONS = {e["names"][0]: e["latex"] for e in read_equations()}
NAMED_IN_HTML = re.compile(r"&(?!lt;|gt;|amp;)\w+;")  # and not in XML
CHARACTERS = 40  # that fit a phone
SMALL = 0.7  # of the size of a letter: scripts


@pytest.mark.parametrize("latex", EQUATIONS.values(), ids=EQUATIONS)
def test_an_equation_becomes_mathml_that_fits_a_phone(latex):
    text = mathml.convert(latex, None, as_block=True)
    assert text and "merror" not in text
    text = NAMED_IN_HTML.sub(lambda found: html.unescape(found[0]), text)
    formula = ET.fromstring(text).find("{*}semantics/{*}mrow")
    assert 2 < width(formula) <= CHARACTERS


def width(node):
    """About how many characters wide MathML is."""
    if not len(node):
        return len("".join(node.itertext()).strip())
    widths = [width(child) for child in node]
    tag = node.tag.partition("}")[2]  # behind its namespace
    if tag in ("mfrac", "mtable"):
        return max(widths)
    if tag in ("msub", "msup", "msubsup"):
        return widths[0] + SMALL * max(widths[1:])
    if tag in ("munder", "mover", "munderover"):
        return max(widths[0], *(SMALL * script for script in widths[1:]))
    return sum(widths)
