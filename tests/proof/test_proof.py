"""Each page, under the faults that name it and with mistakes in its own lines."""

import faults
import names
import prove
import pytest

from gallery import keras_names, proof_results

CATALOGUE = prove.keep_catalogue()
COVERED = {fault["covers"] for fault in CATALOGUE.values()}


@pytest.mark.parametrize("page", proof_results.PAGES)
def test_page_goes_red(page):
    results = prove.prove(page)
    print(prove.summary(results))
    own = [name for name, fault in CATALOGUE.items() if fault["page"] == page]
    assert prove.problems(page, results, own) == []


def whole():
    """What must be covered: the families and classes that are declared whole."""
    for title, things in keras_names.named().items():
        for name, thing in things.items():
            if title in names.WHOLE:
                yield name, {name}
            if name in names.WHOLE:
                for part in (*keras_names.arguments(thing), *names.methods(thing)):
                    yield f"{name}.{part}", {f"{name}.{part}"}


@pytest.mark.parametrize("name, by", whole())
def test_what_is_whole_is_covered(name, by):
    parts = {covers for covers in COVERED if covers.split(".")[0] == name}
    assert by & COVERED or parts


def test_each_class_of_the_families_is_covered():
    wanted = {name for name, _ in names.classes_of_families()}
    assert {"Add", "Conv2D", "Identity"} <= wanted
    assert wanted - {covers.split(".")[0] for covers in COVERED} == set()


def test_each_argument_of_the_families_is_covered():
    wanted = set(names.of_families())
    assert {"LSTM.unroll", "Conv2D.strides", "Masking.mask_value"} <= wanted
    assert wanted - COVERED == names.WITHOUT_EFFECT


def test_what_is_declared_whole_exists():
    known = {name for things in keras_names.named().values() for name in things}
    assert names.WHOLE <= known | set(keras_names.MODULES)
    assert faults.read_catalogue()
