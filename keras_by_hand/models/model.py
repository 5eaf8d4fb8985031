"""Whole models: layers in a row, or in a graph."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from keras_by_hand.models.checks import check_keys
from keras_by_hand.models.config import (
    each_reference,
    find_value,
    is_reference,
    references,
    revive_call,
    sources_of,
    with_weights,
)
from keras_by_hand.models.errors import CannotRun, CannotRunLayer, shown
from keras_by_hand.models.layers.input import InputLayer
from keras_by_hand.models.layers.layer import Layer, name_of
from keras_by_hand.models.limits import limited
from keras_by_hand.models.operators.operator import Operator
from keras_by_hand.models.tensors import (
    Tensor,
    arrays_of,
    count_numbers,
    each,
    items,
    set_masks,
    tensors_in,
)
from keras_by_hand.models.training.trainable import Trainable

BATCH = 32  # samples at a time, as in Keras' predict


class Model(Trainable, Layer):
    """A model of layers. load_model makes it of a file, build_model of a
    config.

    layers: all it has, in the order of the file; by_name: the same, by their
    names. Of each layer, and of the model, which is one, name is its own and
    kind that of its class in Keras, config is what the file tells of it, and
    arrays has its weights by their names, as kernel and bias. These, predict,
    list_notes and what trains it are for users: compile, fit, evaluate,
    gradients, save and learning_rate. The other methods are what layers of
    models have in common. keras_by_hand.comparing.recording.record returns what
    each layer makes.

    >>> model = load_model("model.keras")
    >>> model
    <Sequential my_model: 2 layers, 6 parameters, x (any, 2) -> dense (Dense)>
    >>> model.by_name["dense"].arrays["kernel"]
    array([[ 1., -1.],
           [ 3.,  0.]], dtype=float32)
    """

    # inputs: references to its inputs, as nested as they are; around: what
    # makes the calls of its layers (calls_by), or None.
    reads = "layers input_layers output_layers build_input_shape".split()
    takes_mask = True
    around = None
    of_file = ()  # what its file's age has to be said of
    file = None  # where it was loaded from, and which file that was
    layers: list[Layer]
    by_name: dict[str, Layer]
    inputs: Any
    outputs: Any
    run: Callable[[Any], Any]  # of Tensors, nested as the inputs

    def __repr__(self) -> str:
        layers = self.with_all_inside()[1:]
        arrays = [a for layer in layers for a in layer.arrays.values()]
        inputs = [
            f"{layer.name} {layer.shape_in_words()}"
            if isinstance(layer, InputLayer)
            else layer.name
            for layer in self._layers_of(self.inputs)
        ]
        outputs = [
            f"{layer.name} ({layer.kind})"
            for layer in self._layers_of(self.outputs)
        ]
        return shown(
            f"<{self.kind} {self.name}: {len(self.layers)} layers, "
            f"{sum(map(np.size, arrays)):,} parameters, {', '.join(inputs)} -> "
            f"{', '.join(outputs)}>"
        )

    def _layers_of(self, nested):
        """Return the layers that references name, in order."""
        return [self.by_name[name] for name, _, _ in references(nested)]

    def check_config(self):
        check_keys(self.config, self.reads)

    def prepare(self, build):
        groups = self.weights.get("layers", {})
        saved = with_weights(self.config["layers"], groups)
        self.dtype = None  # of numbers: that of each layer
        self.layers, refused = [], []
        for pair in saved:
            try:
                self.layers.append(build(*pair))
            except CannotRunLayer as error:
                refused += error.reasons
        if refused:
            known = f"{len(self.layers)} of {len(saved)} layers can be run"
            raise CannotRunLayer(*refused, then=f" ({known})")
        self.by_name = {layer.name: layer for layer in self.layers}
        if len(self.by_name) < len(self.layers):
            names = [layer.name for layer in self.layers]
            twice = max(names, key=names.count)
            raise CannotRun(f"two of its layers are named {twice!r}")
        self.is_stateful = '"stateful": true' in json.dumps(self.config)
        self._connect()

    def compute(self, x, mask=None, training=None):
        set_masks(x, mask)
        return self.run(self.as_inputs(x))

    def apply(self, x, mask=None):
        return arrays_of(self.compute(Tensor(x, mask)))

    def step(self, layer, args, keywords):
        """Return what a layer makes of its arguments."""
        if self.around:
            return self.around(layer, args, keywords)
        return layer.call(args, keywords)

    def inside(self):
        return self.layers

    def list_notes(self) -> list[str]:
        """Return what is to be said of its layers, where Keras departs from
        mathematics, or has changed since the file: one sentence each. Some are
        known only after predict."""
        of_layers = [
            f"layer {layer.name}: {said}"
            for layer in self.with_all_inside()
            for said in layer.notes
        ]
        return [*self.of_file, *of_layers]

    @contextlib.contextmanager
    def calls_by(self, around):
        """Have around(layer, args, keywords) make each call, also in models in
        the model; it returns what layer.call(args, keywords) does, or what it
        puts in its place."""
        models = [self]
        for model in models:  # which grows
            models += [la for la in model.layers if isinstance(la, Model)]
        for model in models:
            model.around = around
        try:
            yield
        finally:
            for model in models:
                model.around = None

    def layers_after(self, name):
        """Yield the layers that an input feeds, by its name; also in models in
        the model, and behind operators."""
        for layer, place in self._find_fed(name):
            if isinstance(layer, Model):
                inside = references(layer.inputs)[place][0]
                yield from layer.layers_after(inside)
            elif isinstance(layer, Operator):  # such as x[:, 1:]
                yield from self.layers_after(layer.name)
            else:
                yield layer

    def predict(
        self, x: Any, report: Callable[[int, int], None] | None = None
    ) -> Any:
        """Return what Keras' predict returns: an array, or a list or dict of
        them.

        x: an array, or a list or dict of them by the names of the inputs, each
        (batch, ...); report: a function that is called after each part of them
        with how many samples are done, and of how many. Each layer computes in
        its own dtype, but in float32 where Keras rounds to float16 or bfloat16.
        Stateful layers go on where they ended, as in Keras, in batches as long
        as the model was made for.

        Raises CannotRun where it does not fit.
        """
        tensors = self.as_inputs(x)
        samples = len(tensors_in(tensors)[0].array)
        outputs, weights = [], count_numbers(self.weights)
        size = self._batch_size()
        for start in range(0, max(samples, 1), size):
            rows = slice(start, start + size)
            part = each(lambda t, rows=rows: Tensor(t.array[rows]), tensors)
            given = sum(t.array.size for t in tensors_in(part))
            with limited(given + weights):
                outputs.append(arrays_of(self.run(part)))
            if report:
                report(min(start + size, samples), samples)
        if len(outputs) == 1:
            return outputs[0]
        try:
            return joined(outputs)
        except ValueError as error:
            raise CannotRun(
                f"what it returns for {size} samples at a time does not fit "
                f"together; give fewer: {error}"
            ) from None

    def _batch_size(self):
        """Return how many samples predict takes at a time."""
        first = self.by_name[references(self.inputs)[0][0]]
        shape = first.config.get("batch_shape") if self.is_stateful else None
        return (shape and shape[0]) or BATCH

    def as_inputs(self, x):
        """Return the inputs as Tensors, nested as those of the model."""
        given = {}
        for reference, thing in paired(self.inputs, x):
            layer = self.by_name[reference[0]]
            if isinstance(thing, np.ma.MaskedArray):
                raise CannotRun(
                    f"input {layer.name} has a mask, which would be lost: "
                    "x.filled(...) has none"
                )
            is_tensor = isinstance(thing, Tensor)  # of a model around this one
            tensor = thing if is_tensor else Tensor(np.asarray(thing))
            if isinstance(layer, InputLayer):
                tensor = tensor.but(
                    layer.as_input(tensor.array, self.is_stateful)
                )
            if tensor.array.ndim == 0:
                raise CannotRun(f"input {layer.name} has no axis of samples")
            given[reference] = tensor
        sizes = [len(tensor.array) for tensor in given.values()]
        if len(set(sizes)) > 1:
            raise CannotRun(
                f"the inputs have {sizes} samples, not equally many"
            )
        if 0 in sizes:
            raise CannotRun("the inputs have no samples")
        return look_up(given, self.inputs)


class Sequential(Model):
    """Layers in a row: a Sequential or a Pipeline."""

    def _connect(self):
        if not self.layers:
            raise CannotRun("it has no layers")
        self.inputs = [self.layers[0].name, 0, 0]
        self.outputs = [self.layers[-1].name, 0, 0]

    def _find_fed(self, name):
        """Return the layers that a layer feeds, and the places at which it does
        so, [(layer, place)]; here the first, whatever the input's name."""
        layers = [la for la in self.layers if not isinstance(la, InputLayer)]
        return [(layer, 0) for layer in layers[:1]]

    def run(self, inputs):
        """Return the outputs, Tensors as nested as the model's, for inputs
        likewise."""
        for layer in self.layers:
            inputs = self.step(layer, [inputs], {})
        return inputs


class Functional(Model):
    """Layers in a graph.

    order: its calls, [(name of the layer, number of the call)]; last_uses: what
    is not needed any more after each call, {position: [reference]}.
    """

    def _connect(self):
        self.calls = {
            name_of(saved): saved.get("inbound_nodes") or []
            for saved in self.config["layers"]
        }
        self.inputs = self.config["input_layers"]
        for name, _, _ in set(references(self.inputs)):
            self.by_name[name]  # a KeyError where there is none
        self.outputs = each_reference(
            self._renumbered, self.config["output_layers"]
        )
        self.input_names = {
            layer.name for layer in self.layers if isinstance(layer, InputLayer)
        }
        self.order = self._find_order()
        self.last_uses = self._find_last_uses()

    def _renumbered(self, reference):
        """Return a reference to an output with the number of its call as layers
        have it: Keras counts a call more for a functional model in a model."""
        name, number, place = reference
        more = isinstance(self.by_name[name], Functional)
        return [name, number - more, place]

    def _find_fed(self, name):
        """Return the layers that a layer feeds, and the places at which it does
        so, [(layer, place)]."""
        return [
            (self.by_name[fed], place)
            for fed, calls in self.calls.items()
            for node in calls
            for place, source in enumerate(sources_of(node))
            if source[0] == name
        ]

    def _find_order(self):
        """Return the calls in Keras' order, on which it depends who still sees
        the masks that an attention takes away: those come first from which the
        way to an output is longest (Keras' source code, map_graph)."""
        needs = self._find_needs()
        depth, of_layer = {}, {}  # of all its calls, a layer's largest
        for call in reversed(self._list_calls(needs)):
            name, _ = call
            deepest = max(depth.setdefault(call, 0), of_layer.get(name, 0))
            depth[call] = of_layer[name] = deepest
            for needed in needs[call]:
                depth[needed] = max(deepest + 1, depth.get(needed, 0))
        order = sorted(depth, key=lambda call: -depth[call])  # equals stay
        return [call for call in order if call[0] not in self.input_names]

    def _find_needs(self):
        """Return the calls that each call takes from."""
        needs = {(name, 0): [] for name in self.input_names}
        for name, calls in self.calls.items():
            for number, node in enumerate(calls):
                sources = sources_of(node)
                needs[name, number] = [(n, call) for n, call, _ in sources]
        return needs

    def _list_calls(self, needs):
        """Return the calls that the outputs need, each behind what it takes."""
        found, begun, left = [], set(), []
        for name, number, _ in reversed(references(self.outputs)):
            if (name, number) not in needs:
                raise CannotRun(
                    f"layer {name}: nothing computes the output that it has"
                )
            left.append((name, number))
        done = set()
        while left:
            call = left[-1]
            if call in begun:
                left.pop()
                if call not in done:
                    done.add(call)
                    found.append(call)
                continue
            begun.add(call)
            for needed in reversed(needs[call]):
                if needed not in needs or (
                    needed in begun and needed not in done
                ):
                    raise CannotRun(
                        f"layer {call[0]}: nothing computes what it takes"
                    )
                left.append(needed)
        return found

    def _find_last_uses(self):
        """Return what is not needed any more after each call."""
        last, done = {}, {}
        for position, (name, number) in enumerate(self.order):
            for used in sources_of(self.calls[name][number]):
                last[used] = position
        for used in last.keys() - set(references(self.outputs)):
            done.setdefault(last[used], []).append(used)
        return done

    def run(self, inputs):
        """Return the outputs, Tensors as nested as the model's, for inputs
        likewise."""
        values = dict(paired(self.inputs, inputs))
        for position, (name, number) in enumerate(self.order):
            node = self.calls[name][number]
            layer = self.by_name[name]
            try:
                args, keywords = revive_call(node, values)
            except CannotRun as error:
                raise layer.refusal(error) from None
            y = self.step(layer, args, keywords)
            for place, tensor in enumerate(tensors_in(y)):
                values[name, number, place] = tensor
            for done in self.last_uses.get(position, ()):
                values.pop(done, None)
        outputs = look_up(values, self.outputs)
        one = isinstance(outputs, list) and len(outputs) == 1
        return outputs[0] if one else outputs


def look_up(values, nested):
    """Return the tensors that references stand for, as nested as these."""
    return each_reference(lambda r: find_value(values, r), nested)


def joined(parts):
    """Return what a model returned for parts of a batch as one."""
    if isinstance(parts[0], list):
        return [joined(part) for part in zip(*parts)]
    if isinstance(parts[0], dict):
        return {key: joined([part[key] for part in parts]) for key in parts[0]}
    return np.concatenate(parts)


def paired(inputs, given):
    """Return what is given for the inputs of a model, [(reference, what)]:
    nested as they are, or in a dict by their names. Raises CannotRun where some
    are missing."""
    expected = references(inputs)
    names = [name for name, _, _ in expected]
    if isinstance(given, dict):
        if isinstance(inputs, dict) and inputs.keys() <= given.keys():
            return [
                pair
                for key in inputs
                for pair in paired(inputs[key], given[key])
            ]
        if missing := [name for name in names if name not in given]:
            raise CannotRun(
                f"no input {missing[0]}: the model has {', '.join(names)}; "
                f"given are {', '.join(map(str, given)) or 'none'}"
            )
        return [(reference, given[reference[0]]) for reference in expected]
    if is_reference(inputs):
        alone = isinstance(given, list | tuple) and len(given) == 1
        return [(tuple(inputs), given[0] if alone else given)]
    given = given if isinstance(given, list | tuple) else [given]
    if len(given) != len(inputs):
        raise CannotRun(
            f"{len(given)} inputs, but the model has {', '.join(names)}"
        )
    return [
        pair
        for item, thing in zip(items(inputs), given)
        for pair in paired(item, thing)
    ]
