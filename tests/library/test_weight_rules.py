"""The rules that the reference has for weights, against layers of drawn configurations."""

import numpy as np
import pytest
from keras import layers
from library.engine.answers import record
from library.engine.subjects import SUBJECTS, LayerSubject, read_cases

from gallery import weight_rules

read_cases()
LAYERS = [
    subject
    for name, subject in SUBJECTS.items()
    if type(subject) is LayerSubject
    and subject.target is getattr(layers, name, None)
    and name not in weight_rules.WITHOUT_RULE
]


def sizes_of(name, config, shapes):
    """Return {argument or axis: its size} of a layer that is built for these inputs."""
    sizes = dict(config)
    if rank := weight_rules.rank_of(name):
        sizes["kernel_size"] = np.broadcast_to(config.get("kernel_size", 1), rank)
    for axes, shape in zip(weight_rules.find_inputs(name), [*shapes, shapes[-1]]):
        place = -rank - 1 if config.get("data_format") == "channels_first" else -1
        place = config.get("axis", place) if "Normalization" in name else place
        places = sorted(n % len(shape) for n in np.atleast_1d(place))
        first, *others = lengths = tuple(shape[n] for n in places)
        sizes[axes[-1]] = lengths if others else first
    if "shape" in sizes:  # that of a sample
        shared = config.get("shared_axes") or []
        sizes["shape"] = [1 if n in shared else shape[n] for n in range(1, len(shape))]
    return sizes


def is_told(config, argument, value):
    return config.get(argument) == value if value is not None else argument in config


def expected(rule, config, sizes):
    """Return the shape that a rule has for a weight, None where it is missing. Each
    argument changes axes of its own."""
    base, variants = rule["shape"], rule["variants"]
    if base is None:
        (argument, value, base), *variants = variants
        if not is_told(config, argument, value):
            return None
    formulas = base
    for argument, value, changed in variants:
        if not is_told(config, argument, value):
            continue
        if changed is None:
            return None
        if len(base) != len(changed):
            formulas = changed
        else:
            triples = zip(formulas, base, changed)
            formulas = [kept if new == old else new for kept, old, new in triples]
    return weight_rules.flat(weight_rules.evaluate(f, sizes) for f in formulas)


@pytest.mark.parametrize("subject", LAYERS, ids=lambda subject: subject.name)
def test_weights_are_as_the_reference_has_them(subject):
    rules = weight_rules.find_weights(subject.name)
    given = {
        parameter.name: parameter.default
        for parameter in subject.signature.parameters.values()
        if parameter.default not in (parameter.empty, None)
    }
    for case, _, _, layer, _ in record(subject.name):
        config = {**given, **case.config}
        inputs = case.inputs[0] if isinstance(case.inputs[0], list) else case.inputs
        sizes = sizes_of(subject.name, config, list(map(np.shape, inputs)))
        shapes = {rule["name"]: expected(rule, config, sizes) for rule in rules}
        assert [
            (name, shape) for name, shape in shapes.items() if shape is not None
        ] == [
            (weight_rules.name_of(weight), tuple(weight.shape))
            for weight in layer.weights
        ], case.config


def shapes_of(layer, *inputs):
    layer.build(*inputs)
    return [tuple(weight.shape) for weight in layer.weights]


def test_weights_of_wrappers_are_those_of_what_they_wrap():
    step, steps = (None, 5), (None, 3, 5)
    gru = shapes_of(layers.GRU(7), steps)
    cells = [layers.LSTMCell(7), layers.GRUCell(4)]
    both = shapes_of(layers.LSTMCell(7), step)
    both += shapes_of(layers.GRUCell(4), (None, 7))
    stacked = layers.StackedRNNCells(cells)
    dense = shapes_of(layers.Dense(7), step)
    assert shapes_of(layers.RNN(layers.GRUCell(7)), steps) == gru
    assert shapes_of(stacked, step) == both
    assert shapes_of(layers.Bidirectional(layers.GRU(7)), steps) == [*gru, *gru]
    assert shapes_of(layers.TimeDistributed(layers.Dense(7)), steps) == dense
    spectral = layers.SpectralNormalization(layers.Dense(7))
    assert shapes_of(spectral, step) == [dense[0], (1, 7), dense[1]]
    told = {"RNN", "StackedRNNCells", "Bidirectional", "TimeDistributed"}
    assert told < weight_rules.WITHOUT_RULE.keys()


def test_weights_of_einsum_dense_have_an_axis_for_each_letter():
    layer = layers.EinsumDense("abc,cde->abde", (None, 7, 4), bias_axes="d")
    assert shapes_of(layer, (None, 3, 5)) == [(5, 7, 4), (7, 1)]


def test_normalization_has_weights_unless_they_are_given():
    assert shapes_of(layers.Normalization(), (None, 5)) == [(5,), (5,), ()]
    assert shapes_of(layers.Normalization(mean=1, variance=2), (None, 5)) == []


def test_a_shape_without_a_rule_is_an_error():
    with pytest.raises(LookupError, match="Dense: no rule for"):
        weight_rules.find_rule("Dense", [(5, 7), (14, 4), (33, 8)])
