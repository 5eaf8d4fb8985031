"""Numbers in the prose of pages: each is one that its page prints, sets or asserts.

Decimals, percentages and numbers above twelve are looked for in texts, warnings and the
words of figures. Smaller ones stand somewhere in any code: to find them shows nothing.
"""

import ast
import contextlib
import random
import re
import textwrap
import tomllib
from pathlib import Path

import pytest
from project import PAGES

from gallery.exercises import find_file, read_exercises
from gallery.paths import GALLERY, name_of
from gallery.scripts import read_mark

LIST = Path(__file__).with_name("numbers_in_prose.toml")
REASONS = tomllib.loads(LIST.read_text())
NAMES = [name_of(page) for page in PAGES]
PART = re.compile(r"^\.\. GENERATED FROM PYTHON SOURCE LINES .*$", re.MULTILINE)
BLOCK = re.compile(r"\.\. code-block:: (Python|none)\n\n((?:    .*\n|\n)+)")
NOT_PROSE = re.compile(
    r"^\.\. (?:math|_|only|rst-class).*?(?=^\S|\Z)|``.*?``|:math:`.*?`|<\S+>`_",
    re.MULTILINE | re.DOTALL,
)
NUMBER = re.compile(
    r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?(?: ?%)?(?!\w|\.\d)"
)
DRAWING = {"plt", "fig", "axis", "axes"}


def read_number(number):
    """Return the value of a number, and half a unit of its last digit."""
    scale = 0.01 if "%" in number else 1
    digits, _, exponent = re.sub("[ ,%]", "", number).partition("e")
    half = 0.5001 * 10.0 ** (int(exponent or 0) - len(digits.partition(".")[2]))
    return scale * float(f"{digits}e{exponent or 0}"), scale * half


def read_code(code):
    """Return the numbers in code, with what is computed of them alone, as 2**24, and the
    texts in figures, whose numbers are sizes and places."""
    numbers, texts = set(), []
    for statement in ast.parse(code).body:
        nodes = list(ast.walk(statement))
        draws = any(isinstance(n, ast.Name) and n.id in DRAWING for n in nodes)
        for node in nodes:
            value = node.value if isinstance(node, ast.Constant) else None
            if isinstance(node, ast.BinOp):
                with contextlib.suppress(NameError, TypeError):
                    value = eval(ast.unparse(node), {"__builtins__": {}})
            if type(value) in (int, float) and not draws:
                numbers.add(abs(value))
            elif isinstance(value, str) and draws and " " in value:
                texts.append(value)
    return numbers, texts


def read_page(name):
    """Return the numbers that a page prints or has in its own code, and its texts."""
    numbers, texts = set(), []
    for part in PART.split((GALLERY / f"{name}.rst").read_text()):
        blocks = [(kind, textwrap.dedent(text)) for kind, text in BLOCK.findall(part)]
        if not blocks:
            texts.append(part)
            numbers |= set(map(int, re.findall(r"/(\d+)\b", part)))  # of linked issues
        for kind, text in blocks:
            if kind == "none":
                numbers |= {read_number(number)[0] for number in NUMBER.findall(text)}
            elif not read_mark(text.strip()):
                of_code, of_figures = read_code(text)
                numbers |= of_code
                texts += of_figures
    if find_file(name).exists():
        for exercise in read_exercises(name):
            numbers |= read_code(exercise.solution)[0]
            texts.append(exercise.hint)
    return numbers, texts


def find_unexplained(text, numbers=()):
    """Yield what a text has that is none of these numbers, nor one of them rounded; each
    with what stands around it."""
    text = NOT_PROSE.sub(" ", text)
    for found in NUMBER.finditer(text):
        value, half = read_number(found[0])
        if value <= 12 and value == int(value):
            continue
        if not any(abs(number - value) <= half for number in numbers):
            around = text[max(0, found.start() - 40) : found.end() + 20]
            yield found[0], " ".join(around.split())


@pytest.mark.parametrize("name", NAMES)
def test_a_number_in_the_prose_is_printed_or_asserted(name):
    numbers, texts = read_page(name)
    found = dict(pair for text in texts for pair in find_unexplained(text, numbers))
    reasons = REASONS.get(name, {})
    for number, around in found.items():
        assert number in reasons, f'print or assert it, or say why not: "{around}"'
    assert reasons.keys() <= found.keys(), f"{LIST.name} has what needs no reason"


def test_reasons_are_of_pages():
    assert REASONS.keys() <= set(NAMES)


def falsify(number, draw):
    """Return a number with another digit; or, of a whole one, the number next to it."""
    if number.isdigit() and draw.random() < 0.5:
        return str(int(number) + draw.choice([-1, 1]))
    place = draw.choice([digit.start() for digit in re.finditer(r"\d", number)])
    other = draw.choice("123456789".replace(number[place], ""))
    return number[:place] + other + number[place + 1 :]


def test_most_false_numbers_are_noticed(seed=2026):
    draw, noticed = random.Random(seed), []
    for name in NAMES:
        numbers, texts = read_page(name)
        for number, _ in [pair for text in texts for pair in find_unexplained(text)]:
            noticed.append(any(find_unexplained(falsify(number, draw), numbers)))
    print(f"seed {seed}: {sum(noticed)} of {len(noticed)} false numbers are noticed")
    assert sum(noticed) / len(noticed) > 0.8
