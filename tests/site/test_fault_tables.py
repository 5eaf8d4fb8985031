"""What the site says to be proved: nothing of other files or versions counts."""

import fault_tables
import pytest

from gallery import includes, proof_results
from gallery.dependencies import find_versions
from gallery.paths import ROOT

FAULTS = {
    "the kernel is doubled": {"page": "trial/plot_one", "covers": "Dense.kernel"},
    "the bias is left out": {"page": "trial/plot_one", "covers": "Dense.use_bias"},
    "the clipping is left out": {"page": "trial/plot_two", "covers": "relu"},
}
NAMES = {
    "Layers": {"Conv2D": ["filters"], "Dense": ["units", "use_bias"]},
    "Activations": {"relu": []},
}
STATES = {
    "trial/plot_one": {
        "the kernel is doubled": "caught",
        "the bias is left out": "stopped",
        "the clipping is left out": "unnoticed",
    },
    "trial/plot_two": {
        "the kernel is doubled": "caught",
        "the clipping is left out": "caught",
    },
}
MUTANTS = [["a + b", "a - b", "caught"], ["0", "1", "no effect"]]


@pytest.fixture
def trial(tmp_path, monkeypatch):
    """Two pages and a harness in a folder, which is returned; nothing is known yet."""
    for name in ("examples/trial", "gallery", "harness/catalogue", "texts"):
        (tmp_path / name).mkdir(parents=True)
    pages = {}
    for name in STATES:
        pages[name] = tmp_path / f"examples/{name}.py"
        pages[name].write_text(f"# {name}\n")
    (tmp_path / "harness/prove.py").write_text(
        "import json\nfrom gallery import reading\n"
    )
    (tmp_path / "gallery/reading.py").write_text("from gallery.words import a\n")
    (tmp_path / "gallery/words.py").write_text("a = 1\n")
    (tmp_path / "gallery/another.py").write_text("import gallery.words\n")
    (tmp_path / "harness/catalogue/trial.py").write_text("# faults\n")
    monkeypatch.setattr(proof_results, "FOLDER", tmp_path / "proof")
    monkeypatch.setattr(proof_results, "CATALOGUE", tmp_path / "proof/catalogue.json")
    monkeypatch.setattr(proof_results, "HARNESS", tmp_path / "harness")
    monkeypatch.setattr(proof_results, "ROOT", tmp_path)
    monkeypatch.setattr(proof_results, "PAGES", pages)
    monkeypatch.setattr(fault_tables, "PAGES", pages)
    monkeypatch.setattr(includes, "GALLERY", tmp_path / "texts")
    proof_results.harness_digest.cache_clear()
    yield tmp_path
    proof_results.harness_digest.cache_clear()


def digest(fault):
    return f"digest of {fault}"


def keep():
    """Keep the results of all pages, and the catalogue."""
    faults = {name: {**fault, "digest": digest(name)} for name, fault in FAULTS.items()}
    proof_results.keep_catalogue(faults, NAMES)
    for page, states in STATES.items():
        found = {
            fault: {"digest": digest(fault), "state": state, "red": 1}
            for fault, state in states.items()
        }
        proof_results.keep(page, faults=found, mutants=MUTANTS, fired=[1])


def edit(file):
    file.write_text(f"{file.read_text()}# edited\n")
    proof_results.harness_digest.cache_clear()


def known():
    return {page for page in STATES if proof_results.read(page)}


def test_results_are_kept_beside_those_that_are_known(trial):
    assert known() == set()
    proof_results.keep("trial/plot_one", mutants=MUTANTS)
    proof_results.keep("trial/plot_one", fired=[3])
    found = proof_results.read("trial/plot_one")
    assert (found["mutants"], found["fired"]) == (MUTANTS, [3])
    assert known() == {"trial/plot_one"}


def test_an_edited_page_is_proved_again(trial):
    keep()
    assert known() == set(STATES)
    edit(trial / "examples/trial/plot_one.py")
    assert known() == {"trial/plot_two"}
    proof_results.keep("trial/plot_one", fired=[5])
    assert "mutants" not in proof_results.read("trial/plot_one")


@pytest.mark.parametrize("name", ["harness/prove.py", "gallery/words.py"])
def test_with_an_edited_harness_all_is_proved_again(trial, name):
    """That is, all modules that prove, and what they import, in any number of steps."""
    keep()
    edit(trial / "gallery/another.py")
    assert known() == set(STATES)
    edit(trial / name)
    assert known() == set()
    assert proof_results.read_catalogue() == {}


def test_a_page_that_is_about_another_function_is_proved_again(trial, monkeypatch):
    keep()
    monkeypatch.setattr(proof_results, "find_subjects", lambda page: set())
    assert known() == set(STATES)
    about = {"trial/plot_one": {"relu"}, "trial/plot_two": set()}
    monkeypatch.setattr(proof_results, "find_subjects", about.get)
    assert known() == {"trial/plot_two"}


def test_with_another_version_all_is_proved_again(trial, monkeypatch):
    keep()
    older = {"numpy": "0.0.1"}
    monkeypatch.setattr(proof_results, "find_versions", lambda packages: older)
    proof_results.harness_digest.cache_clear()
    assert known() == set()


def test_what_results_depend_on():
    harness = {str(file.relative_to(ROOT)) for file in proof_results.find_harness()}
    for name in ("conditions", "linker", "package", "paths", "scripts"):
        assert f"gallery/{name}.py" in harness
    assert "gallery/includes.py" not in harness  # which only writes
    versions = find_versions(proof_results.PACKAGES)
    assert {"keras", "numpy"} < versions.keys()
    assert {"tensorflow", "tensorflow-cpu"} & versions.keys()


def test_an_edited_fault_is_proved_again_and_no_other(trial):
    keep()
    assert proof_results.red_faults() == {
        "Dense.kernel": [("trial/plot_one", "the kernel is doubled")],
        "Dense.use_bias": [("trial/plot_one", "the bias is left out")],
        "relu": [("trial/plot_two", "the clipping is left out")],
    }
    edit(trial / "harness/catalogue/trial.py")
    assert known() == set(STATES)  # though not what the catalogue says now
    assert proof_results.read_catalogue() == {} == proof_results.red_faults()
    faults = {name: {**fault, "digest": digest(name)} for name, fault in FAULTS.items()}
    faults["the bias is left out"]["digest"] = "another"
    proof_results.keep_catalogue(faults, NAMES)
    assert set(proof_results.red_faults()) == {"Dense.kernel", "relu"}


def written(trial, name):
    fault_tables.write_faults(None)
    fault_tables.write_coverage(None)
    return (trial / "texts" / name).read_text()


def test_where_nothing_is_known_the_site_says_so(trial):
    for name in ("faults.inc", "coverage.inc"):
        assert written(trial, name) == fault_tables.NOTHING


def test_what_is_known_of_faults(trial):
    keep()
    text = written(trial, "faults.inc")
    assert (
        "Of 3 faults in Keras, 3 were tried on the page that is about them: 3 " in text
    )
    assert "Of 4 mistakes in the pages' own lines, 2 were caught, 2 changed" in text
    assert "Trial\n-----\n" in text
    assert "<summary>Faults: 3</summary>" in text
    assert "   * - the kernel is doubled\n     - ``Dense.kernel``\n" in text
    assert "     - 2 of 2 red\n" in text
    assert "     - 1 of 2 red, 1 unnoticed\n" in text
    edit(trial / "examples/trial/plot_two.py")
    text = written(trial, "faults.inc")
    assert "Of 3 faults in Keras, 2 were tried" in text
    assert "the clipping" not in text


def test_what_is_known_of_coverage(trial):
    keep()
    text = written(trial, "coverage.inc")
    assert "Layers\n------\n\n1 of 2 have a page.\n" in text
    assert "Without a page: Conv2D." in text
    dense = "   * - ``Dense``\n     - :doc:`/auto_examples/trial/plot_one`\n"
    assert f"{dense}     - kernel, use\\_bias\n     - units\n" in text
    assert "Activations\n-----------\n\n1 of 1 have a page.\n" in text
    edit(trial / "examples/trial/plot_one.py")
    assert "0 of 2 have a page." in written(trial, "coverage.inc")
