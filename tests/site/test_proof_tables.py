"""What the site says of the proof: it stands in the file that the tests write."""

import json

import proof_tables
import pytest
import what_was_proved

from gallery import proved
from gallery.functions import read_left_out
from gallery.paths import find_pages


def thing(name, **told):
    nothing = {"answer": [], "kinds": {}, "exceptions": {}, "left": [], "instead": ""}
    of_layers = {"kind": "Layers", "family": "Layers: core", "is_compared": False}
    return {"name": name, **of_layers, **nothing, **told}


PROVED = {
    "versions": {"keras": "3.15.1"},
    "subjects": 278,
    "names": [
        thing(
            "Dense",
            is_compared=True,
            answer=["units", "use_bias"],
            kinds={"kernel_initializer": "fills a weight"},
            exceptions={"lora_alpha": "Keras ignores it"},
            left=["autocast"],
        ),
        thing("Layer", instead="each of its kinds"),
        thing("Wrapper"),
        thing("Lambda"),
    ],
    "pages": {
        "dense/plot_relu": {
            "comparisons": 3,
            "faults": {"relu: of the input": "caught"},
            "mutants": {"caught": 1000, "no effect": 2},
        }
    },
}


@pytest.fixture
def told(monkeypatch, tmp_path):
    """A function of what was proved, or None: {name of a text: what it says}."""
    monkeypatch.setattr(proved, "PROVED", tmp_path / "proved.json")
    monkeypatch.setattr(proof_tables, "find_taught", lambda: {("Layers", "Dense")})
    texts = {}
    monkeypatch.setattr(proof_tables, "write", texts.__setitem__)

    def tell(found):
        proved.read_proved.cache_clear()
        if found is not None:
            proved.PROVED.write_text(json.dumps(found))
        proof_tables.write_tables(None)
        return texts

    yield tell
    proved.read_proved.cache_clear()


def test_what_was_proved_is_told(told):
    texts = told(PROVED)
    cells = [line[7:] for line in texts["covered.inc"].splitlines()]
    row = ["Layers: core", "4", "1", "1", "2", "1", "1"]
    assert cells[cells.index("Exceptions") + 1 :][:7] == row
    assert (
        "**Compared in another way**: Layer (each of its kinds)."
        in texts["covered.inc"]
    )
    why = read_left_out()["Layers"]["Wrapper"]
    assert f"**Not computed**: Wrapper ({why})." in texts["covered.inc"]
    assert "**Not covered**: Lambda." in texts["covered.inc"]
    assert (
        "278 layers and functions are compared with Keras 3.15.1"
        in texts["library.inc"]
    )
    assert "each of 3 comparisons" in texts["faults.inc"]
    assert "Of 1,002 mistakes" in texts["faults.inc"]
    assert "1 faults were put into Keras itself: 1 turned" in texts["faults.inc"]


def test_an_entry_of_the_reference_tells_it(told):
    told(PROVED)
    assert proved.proof_of("Layers", "Dense").splitlines() == [
        "- Must change an answer: ``units``, ``use_bias``",
        "- Checked by what it does: ``kernel_initializer`` (fills a weight)",
        "- Exceptions: ``lora_alpha`` (Keras ignores it)",
        "- Nothing is demanded: ``autocast``",
    ]


def test_nothing_is_told_where_nothing_was_measured(told):
    assert set(told(None).values()) == {proved.NOT_MEASURED}
    assert proved.proof_of("Layers", "Dense") == proved.NOT_MEASURED


def test_the_tests_write_what_the_site_reads(monkeypatch, tmp_path):
    monkeypatch.setattr(what_was_proved, "PROVED", tmp_path / "proved.json")
    what_was_proved.main()
    found = json.loads(what_was_proved.PROVED.read_text())
    assert found.keys() == PROVED.keys()
    assert found["names"][0].keys() == PROVED["names"][0].keys()
    assert len(found["names"]) > 200
    dense = next(thing for thing in found["names"] if thing["name"] == "Dense")
    assert dense["is_compared"] and {"units", "use_bias"} <= {*dense["answer"]}
    assert found["pages"].keys() <= {f"{p.parent.name}/{p.stem}" for p in find_pages()}
    for page in found["pages"].values():
        assert page.keys() == PROVED["pages"]["dense/plot_relu"].keys()


def test_each_name_of_keras_is_compared_or_has_a_reason():
    """But for layers, of which some are neither. What a new release adds needs either."""
    what_was_proved.read_cases()
    names = what_was_proved.find_names()
    left = {(t["kind"], t["name"]) for t in names if not t["is_compared"]}
    reasons = {(kind, name) for kind, of in read_left_out().items() for name in of}
    assert reasons <= left
    assert [thing for thing in left - reasons if thing[0] != "Layers"] == []
