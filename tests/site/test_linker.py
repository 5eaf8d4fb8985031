"""Pages as readers get them: what a page imports stands in its place, once."""

import ast

import pytest
from project import PAGES

from gallery import linker, package
from gallery.linker import link_text
from gallery.package import LinkError
from gallery.scripts import read_mark, write_mark

ACTIVATIONS = '''"""Activations."""

import math

import numpy as np

SMALLEST = 0  # of all


# What is negative becomes 0.
def relu(x, threshold=SMALLEST):
    """x: any shape."""
    return np.maximum(x, threshold)


def threshold(x):
    """x: any shape."""
    return x > math.pi


def never(x):
    """x: any shape."""
    return missing(x)


def halved(x):
    """x: any shape."""
    return _times(relu(x), 0.5)


def _times(x, factor):
    """x: any shape."""
    return x * factor
'''
LAYERS = '''"""Layers."""

import numpy as np

from keras_by_hand.activations import relu


def dense(x, activation=relu):
    """x: any shape."""

    def inner():
        return activation(x)

    return inner()


def twice(x):
    """x: any shape."""
    return dense(dense(x))


double = twice
'''
PAGE = '''"""
Trial
=====
"""

import numpy as np
{imports}
x = np.arange(3)

# %%
# Compute it
# ----------
# Some words.

{code}

# %%
# Check it
# --------
np.testing.assert_equal(x, x)
'''
BESIDE = '"""Beside."""\n\n\ndef of_keras(x):\n    """x: any shape."""\n    return x\n'


@pytest.fixture
def trial(tmp_path, monkeypatch):
    """Return a function that writes a page into a small project, and returns it."""
    for name, text in {
        "__init__": "from keras_by_hand.activations import gone, never, relu, threshold\n"
        "from keras_by_hand.layers import dense, double, twice\n",
        "activations": ACTIVATIONS,
        "layers": LAYERS,
    }.items():
        file = tmp_path / f"keras_by_hand/{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    (tmp_path / "examples/trial").mkdir(parents=True)
    (tmp_path / "examples/trial/beside.py").write_text(BESIDE)
    (tmp_path / "examples/trial/GALLERY_HEADER.rst").write_text("Trial\n-----\n")
    places = {"SOURCES": tmp_path / "examples", "EXAMPLES": tmp_path / "pages"}
    for name, place in places.items():
        monkeypatch.setattr(linker, name, place)
    for module in (package, linker):
        monkeypatch.setattr(module, "ROOT", tmp_path)
        monkeypatch.setattr(module, "PACKAGE", tmp_path / "keras_by_hand")
    linker.find_homes.cache_clear()

    def make(code="", imports="", name="plot_trial"):
        page = tmp_path / f"examples/trial/{name}.py"
        page.write_text(PAGE.format(code=code, imports=imports))
        return page

    yield make
    linker.find_homes.cache_clear()


def run(text):
    variables = {}
    exec(compile(text, "page", "exec"), variables)
    return variables


def test_what_a_name_needs_stands_there_once(trial):
    imports = "\nfrom keras_by_hand import relu\n"
    page = trial("from keras_by_hand import double, relu\n\ny = double(x)", imports)
    text = link_text(page)
    for part in (
        "def relu",
        "def dense",
        "def twice",
        "double = twice",
        "SMALLEST = 0",
    ):
        assert text.count(part) == 1, part
    assert "# What is negative becomes 0.\ndef relu" in text
    assert text.index("def relu") < text.index("def dense") < text.index("def twice")
    assert "# From keras_by_hand: relu\n" in text
    assert "# From keras_by_hand: double, relu\n" in text
    assert "import keras_by_hand" not in text and "from keras_by_hand" not in text
    run(text)


def test_a_parameter_brings_no_function_of_its_name(trial):
    text = link_text(trial("from keras_by_hand import relu"))
    assert "def threshold" not in text and "import math" not in text


def test_an_import_comes_along_where_the_page_lacks_it(trial):
    text = link_text(trial("from keras_by_hand import threshold"))
    assert text.count("import math\n") == text.count("import numpy as np\n") == 1
    text = link_text(trial("from keras_by_hand import threshold", "import math\n"))
    assert text.count("import math\n") == 1


def test_a_long_list_of_names_is_broken(trial):
    names = "dense, double, relu, threshold, twice"
    text = link_text(trial(f"from keras_by_hand import {names}"))
    code = text[text.index("# From keras_by_hand:") :]
    assert read_mark(code) == ("keras_by_hand", names)
    assert read_mark(write_mark("beside", [f"name_{n}" for n in range(30)])) == (
        "beside",
        ", ".join(f"name_{n}" for n in range(30)),
    )
    assert read_mark("# From keras_by_hand: relu\n\n\ndef relu(x):") is not None
    for code in ("x = 1\n# From keras_by_hand: relu", "# From here to there", "x"):
        assert read_mark(code) is None


def test_what_stands_beside_a_page_is_linked_too(trial):
    text = link_text(trial("", "\nfrom beside import of_keras\n"))
    assert "# From beside: of_keras\n" in text and "from beside" not in text
    run(text)


def test_linked_code_is_a_cell_of_its_own(trial):
    imports = "\nfrom keras_by_hand import relu\n"
    text = link_text(trial("from keras_by_hand import dense", imports))
    assert "import numpy as np\n\n# %%\n\n# From keras_by_hand: relu\n" in text
    assert "return np.maximum(x, threshold)\n\n\n# %%\n" in text
    assert "# Some words.\n\n# From keras_by_hand: dense\n" in text
    assert "# %%\n\n# %%" not in text.replace("\n\n\n", "\n\n")


def test_linked_code_is_no_part_of_the_prose_right_above(trial):
    code = "# %%\n# More words.\nfrom keras_by_hand import relu\ny = relu(x)"
    text = link_text(trial(f"z = 0\n\n{code}"))
    assert "# More words.\n\n# From keras_by_hand: relu\n" in text


def test_comments_beside_an_import_stay_out_of_its_cell(trial):
    code = "# Some code.\nfrom keras_by_hand import relu\n\n# Some more.\ny = relu(x)"
    page = trial(f"z = 0\n{code}")
    text = link_text(page)
    assert "# Some code.\n# %%\n\n# From keras_by_hand: relu\n" in text
    assert "return np.maximum(x, threshold)\n\n\n# %%\n\n# Some more.\ny =" in text
    text = link_text(trial(code))
    assert "# Some words.\n\n# Some code.\n# %%\n\n# From keras_by_hand" in text


@pytest.mark.parametrize(
    "code",
    [
        "from keras_by_hand import *",
        "from keras_by_hand import relu as r",
        "import keras_by_hand",
        "import keras_by_hand as k",
        "import keras_by_hand.layers",
        "from keras_by_hand.activations import *",
        "from keras_by_hand.activations import halved as h",
        "from .keras_by_hand.activations import halved",
        "from .beside import of_keras",
        "import beside",
        "from beside import of_keras as f",
        "def f():\n    from keras_by_hand import relu\n    return relu",
        "if x.size:\n    from keras_by_hand import relu",
    ],
)
def test_other_forms_of_import_are_refused(trial, code):
    line = 15 + code.count("\n    from")
    with pytest.raises(
        LinkError, match=rf"examples/trial/plot_trial.py:{line}: .*linked"
    ):
        link_text(trial(code))


@pytest.mark.parametrize(
    "code, message",
    [
        ("from keras_by_hand import rely", ":15: there is no rely in keras_by_hand/"),
        ("from keras_by_hand import rely", "Did you mean relu"),
        (
            "from keras_by_hand.activation import relu",
            ":15: there is no module keras_by_hand.activation ",
        ),
        ("from keras_by_hand import gone", ":15: there is no gone in keras_by_hand/"),
        ("from keras_by_hand.layers import rely", "no rely in keras_by_hand/layers.py"),
        (
            "from keras_by_hand.activations import _times",
            "there is no _times in keras_by_hand/activations.py",
        ),
        (
            "from keras_by_hand import never",
            "^keras_by_hand/activations.py:23: there is no missing here",
        ),
        (
            "from keras_by_hand import dense\n\nrelu = 1",
            r":17: relu is a name of linked code, too \(keras_by_hand/activations.py\)",
        ),
        (
            "from keras_by_hand import dense\n\n\ndef dense(x):\n    return x",
            r":18: dense is a name of linked code, too",
        ),
        ("from keras_by_hand import relu\n\nmax = 1", ":17: max is Python's own"),
        (
            "from keras_by_hand import threshold\n\nmath = 1",
            ":17: linked code needs 'impo",
        ),
    ],
)
def test_what_cannot_be_linked_is_named_with_its_place(trial, code, message):
    with pytest.raises(LinkError, match=message):
        link_text(trial(code))


def test_what_is_not_handed_on_is_imported_from_its_module(trial):
    imports = "\nfrom keras_by_hand import relu\n"
    text = link_text(trial("from keras_by_hand.activations import halved", imports))
    assert "# From keras_by_hand.activations: halved\n" in text
    assert read_mark("# From a.b: c, d") == ("a.b", "c, d")
    assert text.count("def relu") == text.count("def halved") == 1
    run(text)


@pytest.mark.parametrize(
    "code, right",
    [
        ("from keras_by_hand.activations import relu", "keras_by_hand import relu"),
        ("from keras_by_hand.layers import relu", "keras_by_hand import relu"),
        (
            "from keras_by_hand import halved",
            "keras_by_hand.activations import halved",
        ),
        (
            "from keras_by_hand.layers import halved",
            "keras_by_hand.activations import halved",
        ),
    ],
)
def test_each_import_is_written_in_one_way(trial, code, right):
    with pytest.raises(LinkError, match=f':15: .* cannot be .* write "from {right}"$'):
        link_text(trial(code))


def test_a_library_that_is_no_python_is_named_with_its_line(trial):
    with (linker.PACKAGE / "activations.py").open("a") as file:
        file.write("def elu(x:\n")
    with pytest.raises(LinkError, match="^keras_by_hand/activations.py:34: "):
        link_text(trial("from keras_by_hand import relu"))


def test_two_pages_are_not_about_one_function(trial):
    trial("from keras_by_hand import dense, relu")
    trial("", "\nfrom keras_by_hand import relu\n", "plot_other")
    linker.write_pages()
    assert linker.find_homes() == {
        name: "trial/plot_trial" for name in ("SMALLEST", "dense", "relu")
    }
    trial("from keras_by_hand import relu, twice", name="plot_other")
    with pytest.raises(LinkError, match=r"plot_trial.py:15: trial/plot_other is about"):
        linker.write_pages()


def test_a_line_is_known_by_where_it_stands(trial):
    page = trial("from keras_by_hand import dense\n\ny = dense(x)")
    linker.write_pages()
    linked = linker.EXAMPLES / "trial/plot_trial.py"
    lines = linked.read_text().splitlines()
    files = {"return activation(x)": ("layers.py", 12), "y = dense(x)": (page.name, 17)}
    for text, place in files.items():
        (number,) = [n for n, line in enumerate(lines, 1) if line.strip() == text]
        file, line = linker.find_origin(linked, number)
        assert (file.name, line) == place


def test_pages_are_written_where_they_have_changed(trial):
    trial(), trial(name="plot_other")
    linker.write_pages()
    linked = linker.EXAMPLES / "trial/plot_trial.py"
    before = linked.stat().st_mtime_ns
    assert (linker.EXAMPLES / "trial/GALLERY_HEADER.rst").exists()
    assert not (linker.EXAMPLES / "trial/beside.py").exists()
    (linker.SOURCES / "trial/plot_other.py").unlink()
    linker.write_pages()
    assert linked.stat().st_mtime_ns == before
    assert not (linker.EXAMPLES / "trial/plot_other.py").exists()


def test_no_page_of_the_gallery_imports_the_library():
    for page in PAGES:
        for node in ast.walk(ast.parse(page.read_text())):
            module = getattr(node, "module", None) or ""
            assert not module.startswith(package.NAME), page
            if isinstance(node, ast.Import):
                names = [alias.name.split(".")[0] for alias in node.names]
                assert package.NAME not in names, page


def test_each_function_has_the_page_that_is_about_it():
    homes = linker.find_homes()
    assert homes["lstm"] == homes["_lstm_step"] == "recurrent/plot_lstm"
    assert homes["rnn"] == homes["_choose"] == "recurrent/plot_rnn"
