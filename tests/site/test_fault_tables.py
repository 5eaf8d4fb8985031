"""What the site says to be demanded and proved: always what the tests demand, and nothing
that was measured of other files or versions."""

import json

import fault_tables
import pytest

from gallery import includes, proof_results
from gallery.dependencies import find_versions
from gallery.paths import ROOT

FAULTS = {
    "the kernel is doubled": ("trial/plot_one", "Dense.kernel", "Layers"),
    "the bias is left out": ("trial/plot_one", "Dense.use_bias", "Layers"),
    "the clipping is left out": ("trial/plot_two", "relu", "Activations"),
    "the model forgets": ("trial/plot_two", "Model.fit", None),
}
NAMES = {
    "Layers": {
        "Conv2D": {"arguments": ["filters"], "family": "convolutional", "instead": ""},
        "Dense": {
            "arguments": ["units", "use_bias", "kernel_initializer", "lora", "other"],
            "family": "core",
            "instead": "",
        },
        "Dropout": {"arguments": ["rate"], "family": "core", "instead": "in training"},
        "Layer": {"arguments": ["name"], "family": "", "instead": ""},
    },
    "Activations": {"relu": {"arguments": [], "family": "", "instead": ""}},
}
SUBJECTS = {
    "Dense": {
        "thing": ["Layers", "Dense"],
        "answer": ["units", "inputs"],
        "kinds": {"kernel_initializer": "fills a weight", "b": "fills a weight"},
        "exceptions": {"lora": "Keras ignores it"},
    },
    "dense_gradients": {
        "thing": None,
        "answer": ["x"],
        "kinds": {},
        "exceptions": {"a_b": "a sum", "c": "a sum", "d": "another"},
    },
}
STATES = {
    "trial/plot_one": {
        "the kernel is doubled": "caught",
        "the bias is left out": "stopped",
        "the clipping is left out": "unnoticed",
    },
    "trial/plot_two": {
        "the kernel is doubled": "caught",
        "the clipping is left out": "unnoticed",
        "the model forgets": "caught",
    },
}
MUTANTS = [["a + b", "a - b", "caught"], ["0", "1", "no effect"]]
DEMANDS = {
    "names": NAMES,
    "subjects": SUBJECTS,
    "faults": {
        name: {"page": page, "covers": covers, "kind": kind}
        for name, (page, covers, kind) in FAULTS.items()
    },
}


def forget():
    """Forget what a build reads once."""
    proof_results.harness_digest.cache_clear()
    proof_results.read_demands.cache_clear()


@pytest.fixture
def trial(tmp_path, monkeypatch):
    """Two pages, the tests and the library in a folder, which is returned; nothing is
    known yet."""
    sources = {
        **{f"examples/{name}.py": f"# {name}\n" for name in STATES},
        "tests/proof/prove.py": "import json\nfrom gallery import reading\n",
        "tests/proof/catalogue/trial.py": "from breaking import a\n",
        "tests/proof/catalogue/one.py": 'PAGE = "trial/plot_one"\n',
        "tests/proof/breaking.py": "a = 1\n",
        "tests/library/cases/layers/trial.py": "from library.engine import a\n",
        "tests/library/engine/a.py": "",
        "tests/library/test_derived.py": "",
        "tests/demands.py": f"print('first')\nprint({json.dumps(DEMANDS)!r})\n",
        "keras_by_hand/layers/trial.py": "",
        "gallery/reading.py": "from gallery.words import a\n",
        "gallery/words.py": "a = 1\n",
        "gallery/another.py": "import gallery.words\n",
    }
    for name, source in sources.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source)
    pages = {name: tmp_path / f"examples/{name}.py" for name in STATES}
    (tmp_path / "texts").mkdir()
    monkeypatch.setattr(proof_results, "FOLDER", tmp_path / "proof")
    monkeypatch.setattr(proof_results, "DEMANDS", tmp_path / "proof/demands.json")
    monkeypatch.setattr(proof_results, "HARNESS", tmp_path / "tests/proof")
    monkeypatch.setattr(proof_results, "SCRIPT", tmp_path / "tests/demands.py")
    monkeypatch.setattr(proof_results, "ROOT", tmp_path)
    monkeypatch.setattr(proof_results, "PAGES", pages)
    monkeypatch.setattr(fault_tables, "PAGES", pages)
    monkeypatch.setattr(fault_tables, "GALLERY", tmp_path / "texts")
    functions = {("Layers", "Dense"): "dense", ("Activations", "relu"): "relu"}
    homes = {"dense": "trial/plot_home", "relu": "trial/plot_two"}
    monkeypatch.setattr(fault_tables, "find_things", lambda: functions)
    monkeypatch.setattr(fault_tables, "home_of", homes.get)
    monkeypatch.setattr(includes, "GALLERY", tmp_path / "texts")
    forget()
    yield tmp_path
    forget()


def keep():
    """Keep the results of all pages."""
    for page, states in STATES.items():
        found = {fault: {"state": state, "red": 1} for fault, state in states.items()}
        results = {"faults": found, "mutants": MUTANTS, "fired": [1]}
        proof_results.keep(page, results)


def edit(file):
    file.write_text(f"{file.read_text()}# edited\n")
    forget()


def known():
    return {page for page in STATES if proof_results.read(page)}


# -- What was measured


def test_an_edited_page_is_proved_again(trial):
    keep()
    assert known() == set(STATES)
    edit(trial / "examples/trial/plot_one.py")
    assert known() == {"trial/plot_two"}


@pytest.mark.parametrize("name", ["tests/proof/prove.py", "gallery/words.py"])
def test_with_an_edited_harness_all_is_proved_again(trial, name):
    """That is, all modules that prove, and what they import, in any number of steps."""
    keep()
    edit(trial / "gallery/another.py")
    assert known() == set(STATES)
    edit(trial / name)
    assert known() == set() == set(proof_results.find_red())


def test_with_another_version_all_is_proved_again(trial, monkeypatch):
    keep()
    older = {"numpy": "0.0.1"}
    monkeypatch.setattr(proof_results, "find_versions", lambda packages: older)
    forget()
    assert known() == set()


def test_what_results_depend_on():
    harness = {str(file.relative_to(ROOT)) for file in proof_results.find_harness()}
    for name in ("conditions", "linker", "package", "paths", "scripts"):
        assert f"gallery/{name}.py" in harness
    assert "gallery/includes.py" not in harness  # which only writes
    versions = find_versions(proof_results.PACKAGES)
    assert {"keras", "numpy"} < versions.keys()
    assert {"tensorflow", "tensorflow-cpu"} & versions.keys()


def test_the_pages_of_an_edited_catalogue_are_proved_again(trial):
    keep()
    red = {
        "the kernel is doubled": True,
        "the bias is left out": True,
        "the clipping is left out": False,
        "the model forgets": True,
    }
    assert proof_results.find_red() == red
    edit(trial / "tests/proof/catalogue/trial.py")
    assert proof_results.find_red() == red
    edit(trial / "tests/proof/catalogue/one.py")
    assert known() == {"trial/plot_two"}
    del red["the kernel is doubled"], red["the bias is left out"]
    assert proof_results.find_red() == red


# -- What is demanded


def test_what_is_demanded_is_asked_once(trial):
    assert proof_results.read_demands() == DEMANDS
    (trial / "tests/demands.py").touch()
    kept = trial / "proof/demands.json"
    kept.write_text(kept.read_text().replace("the model forgets", "the model learns"))
    edit(trial / "tests/library/test_derived.py")
    assert "the model learns" in proof_results.read_demands()["faults"]


@pytest.mark.parametrize(
    "name",
    [
        "tests/demands.py",
        "tests/proof/catalogue/trial.py",
        "tests/proof/breaking.py",
        "tests/library/cases/layers/trial.py",
        "tests/library/engine/a.py",
        "keras_by_hand/layers/trial.py",
    ],
)
def test_it_is_asked_again_when_its_sources_change(trial, name):
    proof_results.read_demands()
    kept = trial / "proof/demands.json"
    kept.write_text(kept.read_text().replace("the model forgets", "the model learns"))
    edit(trial / name)
    assert proof_results.read_demands() == DEMANDS


def test_it_is_asked_again_for_another_page_or_version(trial, monkeypatch):
    proof_results.read_demands()
    made_by = []
    for name, value in {
        "PAGES": {"trial/plot_one": None},
        "find_versions": lambda packages: {"keras": "0.0.1"},
    }.items():
        monkeypatch.setattr(proof_results, name, value)
        forget()
        proof_results.read_demands()
        made_by.append(
            json.loads((trial / "proof/demands.json").read_text())["made_by"]
        )
    assert made_by[0] != made_by[1]
    assert made_by[0][1] == ["trial/plot_one"]
    assert made_by[1][0] == {"keras": "0.0.1"}


def test_what_the_tests_demand_depends_on():
    found = {str(file.relative_to(ROOT)) for file in proof_results.find_sources()}
    for name in ("demands", "library/reasons", "library/engine/kinds", "proof/fault"):
        assert f"tests/{name}.py" in found
    assert "keras_by_hand/models/registry.py" in found
    assert "gallery/keras_names.py" in found


def test_demands_that_cannot_be_read_stop_the_build(trial):
    (trial / "tests/demands.py").write_text("1 / 0")
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        proof_results.read_demands()


# -- What the site says


def written(trial, name):
    forget()
    fault_tables.write_demands(None)
    return (trial / "texts" / name).read_text()


DENSE = """\
Dense
-----

:doc:`/auto_examples/trial/plot_home`, :doc:`/auto_examples/trial/plot_one`

- **Must change an answer:** ``units``, ``inputs``
- **Checked by what it does:** ``kernel_initializer``, ``b`` (fills a weight)
- **Broken on pages:** ``kernel``, ``use_bias``
- **Exceptions:** ``lora`` (Keras ignores it)
- **Nothing is demanded:** ``other``
"""


def test_what_is_demanded_stands_there_though_nothing_was_measured(trial):
    core = written(trial, "covered/layers_core.rst")
    assert core.startswith(":nosearch:\n\nLayers: core\n============\n")
    assert DENSE in core
    assert "<summary>Faults on pages: 2</summary>" in core
    assert (
        "   * - the kernel is doubled\n     - Dense.kernel\n"
        "     - :doc:`/auto_examples/trial/plot_one`\n   * - the bias"
    ) in core
    assert "Dropout\n-------\n\n- **Compared in another way:** in training\n" in core
    assert "Not covered" not in core
    convolutional = written(trial, "covered/layers_convolutional.rst")
    assert convolutional.endswith("Not covered\n-----------\n\nConv2D.\n")
    relu = "relu\n----\n\n:doc:`/auto_examples/trial/plot_two`\n\n"
    assert relu in written(trial, "covered/activations.rst")
    assert "**Broken on pages:** ``fit``" in written(
        trial, "covered/elsewhere_in_keras.rst"
    )
    functions = written(trial, "covered/other_functions_of_the_library.rst")
    assert "dense\\_gradients\n----------------\n" in functions
    assert "**Exceptions:** ``a_b``, ``c`` (a sum); ``d`` (another)\n" in functions


def test_families_are_told_in_their_order(trial):
    text = written(trial, "coverage.inc")
    row = "   * - :doc:`/auto_examples/covered/layers_core`\n"
    assert f"{row}     - 2\n     - 1\n     - 1\n     - 2\n   * - " in text
    listed = text.split(":hidden:\n\n")[1].split()
    names = [name.removeprefix("/auto_examples/covered/") for name in listed]
    assert names == [
        *("layers_convolutional", "layers_core", "layers_others", "activations"),
        *("other_functions_of_the_library", "elsewhere_in_keras"),
    ]
    assert {f"{name}.rst" for name in names} == {
        file.name for file in (trial / "texts/covered").iterdir()
    }


def test_totals(trial):
    assert written(trial, "library.inc") == (
        "In all, 2 layers and functions are compared. Of their arguments, 3 must change an "
        "answer, and 2 are checked by what they do. There are 4 exceptions.\n"
    )
    text = written(trial, "faults.inc")
    assert text.startswith("4 faults must each turn a page red.\n\n.. list-table::")
    row = "   * - :doc:`/auto_examples/trial/index`\n     - 2\n     - 4\n"
    assert text.endswith(row)


def test_results_are_added_where_there_are_any(trial):
    keep()
    text = written(trial, "faults.inc")
    assert (
        "\n4 of them were tried for this build, and 3 turned their page red. " in text
    )
    assert "Of 4 mistakes in the lines of 2 pages, 2 were caught, 2 changed " in text
    core = written(trial, "covered/layers_core.rst")
    assert DENSE in core
    assert core.count("     - went red\n") == 2
    relu = written(trial, "covered/activations.rst")
    assert relu.count("     - stayed green\n") == 1
    row = "   * - :doc:`/auto_examples/covered/{}`\n     - 1\n     - 0\n     - 1\n"
    coverage = written(trial, "coverage.inc")
    assert f"{row.format('activations')}     - 1\n     - 0 of 1\n" in coverage
    assert f"{row.format('elsewhere_in_keras')}     - 1\n     - 1 of 1\n" in coverage
    edit(trial / "examples/trial/plot_one.py")
    assert "\n2 of them were tried for this build, and 1 " in written(
        trial, "faults.inc"
    )
    core = written(trial, "covered/layers_core.rst")
    assert DENSE in core and "In this build" not in core
    coverage = written(trial, "coverage.inc")
    assert f"{row.format('activations')}     - 1\n     - 0 of 1\n" in coverage
    assert "- 2\n     - 1\n     - 1\n     - 2\n     - not tried\n" in coverage
    edit(trial / "examples/trial/plot_two.py")
    assert "were tried" not in written(trial, "faults.inc")
    assert "Went red" not in written(trial, "coverage.inc")


def test_a_family_that_is_gone_loses_its_page(trial):
    written(trial, "coverage.inc")
    (trial / "texts/covered/layers_rnn.rst").touch()
    written(trial, "coverage.inc")
    assert not (trial / "texts/covered/layers_rnn.rst").exists()


def test_a_site_without_these_pages_asks_nothing(trial, monkeypatch):
    monkeypatch.setattr(fault_tables, "DOCS", trial)
    fault_tables.write_demands(None)
    assert not list((trial / "texts").iterdir())
    assert not (trial / "proof").exists()
