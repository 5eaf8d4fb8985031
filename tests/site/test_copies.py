"""What pages repeat "From other pages" is what those pages say, word for word."""

import ast

import pytest
import running
from project import PAGES
from scripts import text_of

COMPUTE, CHECK, COPIED = "Compute it", "Check it", "From other pages"


def definitions(page, *headings):
    """What a page defines under these headings, {name: source}; what else stands there
    counts as a name of its own."""
    source = page.path.read_text()
    found = {}
    for statement, above in zip(page.tree.body, page.headings):
        if above not in headings:
            continue
        names = [ast.unparse(statement)]
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            names = [statement.name]
        elif isinstance(statement, ast.Assign):
            names = [ast.unparse(target) for target in statement.targets]
        found.update(dict.fromkeys(names, text_of(statement, source)))
    return found


def is_code(source):
    """Whether it defines a function or class, and not a value."""
    return isinstance(ast.parse(source).body[0], ast.FunctionDef | ast.ClassDef)


def drifted(pages):
    """Return what is wrong with the copies on pages, in words."""
    own = {page.name: definitions(page, COMPUTE, CHECK) for page in pages}
    wrong = []
    for page in pages:
        for name, source in definitions(page, COPIED).items():
            origins = [
                other
                for other, defined in own.items()
                if name in defined and is_code(defined[name]) == is_code(source)
            ]
            if len(origins) != 1 or origins == [page.name]:
                there = " and ".join(origins) or "no page"
                wrong.append(f"{page.name} copies {name}, which is defined on {there}")
            elif own[origins[0]][name] != source:
                wrong.append(f"{page.name} copies {name} otherwise than {origins[0]}")
    return wrong


def test_no_copy_has_drifted():
    assert drifted(list(map(running.Page, PAGES))) == []


RELU = '''
@np.vectorize
def relu(x):
    """x: any shape."""
    return max(x, SMALLEST)  # what is negative becomes 0
'''
TRIAL = '''"""
Trial
=====
"""
import numpy as np

# %%
# Build it
# --------
x = np.arange(3)

# %%
# {heading}
# {rule}
# Some words.
SMALLEST = 0

{code}

# %%
# Break it
# --------
def relu_that_is_wrong(x):
    pass
'''


@pytest.fixture
def page(tmp_path):
    """Return a function that makes a page with some code under a heading."""

    def make(name, heading, code=RELU):
        path = tmp_path / "trial" / f"plot_{name}.py"
        path.parent.mkdir(exist_ok=True)
        rule = "-" * len(heading)
        path.write_text(TRIAL.format(heading=heading, rule=rule, code=code))
        return running.Page(path)

    return make


@pytest.mark.parametrize("home", [COMPUTE, CHECK])
def test_an_exact_copy_is_right(page, home):
    pages = [page("relu", home), page("network", COPIED)]
    assert set(definitions(pages[0], home)) == {"SMALLEST", "relu"}
    assert drifted(pages) == []
    assert drifted([*pages, page("other", "Something else", "def relu(): pass")]) == []


@pytest.mark.parametrize(
    "right, wrong",
    [
        ("max(x, SMALLEST)", "max(SMALLEST, x)"),
        ("any shape", "any shape at all"),
        ("becomes 0", "becomes zero"),
        ("@np.vectorize", "@staticmethod"),
    ],
)
def test_a_copy_that_differs_is_found(page, right, wrong):
    code = RELU.replace(right, wrong)
    assert code != RELU
    assert drifted([page("relu", COMPUTE), page("network", COPIED, code)]) == [
        "trial/plot_network copies relu otherwise than trial/plot_relu"
    ]


def test_what_is_copied_is_defined_on_one_page(page):
    copy = page("network", COPIED)
    assert drifted([copy]) == [
        "trial/plot_network copies SMALLEST, which is defined on no page",
        "trial/plot_network copies relu, which is defined on no page",
    ]
    assert drifted([page("one", COMPUTE), page("two", CHECK), copy])[1] == (
        "trial/plot_network copies relu, which is defined on trial/plot_one and "
        "trial/plot_two"
    )


def test_only_definitions_are_copied(page):
    code = f"{RELU}\nprint(relu(x))"
    assert drifted([page("relu", COMPUTE), page("network", COPIED, code)]) == [
        "trial/plot_network copies print(relu(x)), which is defined on no page"
    ]
