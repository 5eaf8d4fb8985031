"""What tests/demands.py tells the site is what the tests demand."""

import demands
import faults
import pytest
from library import reasons
from library.engine import kinds, sensitivity
from library.engine.answers import record
from library.engine.subjects import SUBJECTS, FunctionSubject, read_cases

from gallery.keras_names import named

read_cases()


@pytest.mark.parametrize(
    "name",
    [
        "AdditiveAttention",
        "Adam",
        "Dense",
        "SpatialDropout1D in training",
        "relu",
        "resize",
    ],
)
def test_what_must_change_an_answer(name):
    """The arguments of which the derived proof has faults, and the inputs."""
    subject = SUBJECTS[name]
    cases = [recorded.case for recorded in record(name)]
    told = set(demands.demands_of(subject)["answer"])
    found = sensitivity.find_faults(subject, cases)
    of_arguments = {
        words.removeprefix("call, ").replace("=", ": ").split(": ")[0]
        for words in found
        if not words.startswith(("inputs ", "weights ", "call ", "config "))
    }
    of_call = list(subject.of_call.parameters.values())[1:]
    inputs = {p.name for p in of_call if p.default is p.empty}
    if isinstance(subject, FunctionSubject):
        inputs = set(list(subject.signature.parameters)[: len(cases[0].inputs)])
        inputs = inputs if subject.has_inputs else set()
    assert of_arguments
    assert told == of_arguments | inputs


def test_what_is_checked_by_kind():
    told = demands.demands_of(SUBJECTS["LSTM"])["kinds"]
    assert told["kernel_initializer"] == "fills a weight"
    assert told.keys() == kinds.arguments_by_kind(SUBJECTS["LSTM"]).keys()


def test_each_exception_is_told():
    tables = reasons.NOT_COMPARED, reasons.NOT_OF_ITS_KIND, reasons.NEVER_DRAWN
    for table in (*tables, reasons.WITHOUT_EFFECT, reasons.OTHER_GRADIENT):
        for name, of_name in table.items():
            told = demands.demands_of(SUBJECTS[name])
            assert set(of_name.values()) <= set(told["exceptions"].values())
            assert not told["exceptions"].keys() & {*told["answer"], *told["kinds"]}
    assert demands.part_of("weights key/bias: axis 0 reversed") == "weights key/bias"
    assert demands.part_of("call, mask: ignored") == "mask"
    assert demands.part_of("strides: misread") == "strides: misread"


def test_what_a_subject_is_in_keras():
    for name, thing in {
        "Dense": ("Layers", "Dense"),
        "Dropout in training": ("Layers", "Dropout"),
        "relu": ("Activations", "relu"),
        "ReLU": ("Layers", "ReLU"),
        "sparsemax": ("Activations", "sparsemax"),
        "mean_squared_error": ("Losses", "MeanSquaredError"),
        "Adam": ("Optimizers", "Adam"),
        "attention_gradients": None,
    }.items():
        assert demands.find_thing(SUBJECTS[name]) == thing


def test_names_have_their_own_arguments_and_family():
    dense, layer = named()["Layers"]["Dense"], named()["Layers"]["Layer"]
    assert demands.told_to(dense)[:2] == ["units", "activation"]
    assert {"trainable", "dtype"} <= set(demands.told_to(layer))
    assert not {"trainable", "dtype"} & set(demands.told_to(dense))
    assert demands.family_of("Layers", dense) == "core"
    assert demands.family_of("Layers", layer) == ""
    assert demands.family_of("Losses", named()["Losses"]["Huber"]) == ""


def test_each_fault_is_told_with_what_it_covers():
    told = demands.find_faults()
    assert told.keys() == faults.read_catalogue().keys()
    for name, fault in faults.read_catalogue().items():
        owner = fault.covers.split(".")[0]
        kind = told[name]["kind"]
        assert owner in named()[kind] if kind else owner in ELSEWHERE


ELSEWHERE = """
    DTypePolicy Int4QuantizationConfig KerasTensor Model SeedGenerator load_model ops
    pad_sequences set_random_seed
""".split()
