"""One step of training: forward, the loss, backward, and new weights."""

import contextlib

import numpy as np

from keras_by_hand.activations import sigmoid, softmax
from keras_by_hand.models.config import each_reference, references
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.limits import limited
from keras_by_hand.models.tensors import (
    Tensor,
    count_numbers,
    each,
    tensors_in,
)
from keras_by_hand.models.training.objectives import Objectives
from keras_by_hand.models.training.optimizing import Optimizer
from keras_by_hand.models.training.tracking import Metrics
from keras_by_hand.models.training.weights import (
    PENALTIES,
    as_function_of,
    trained_weights,
)
from keras_by_hand.optimizers import dense_gradient
from keras_by_hand.tracing.tape import NoGradient, Traced, gradients, plain

OF_16_BITS = "mixed_float16 mixed_bfloat16 float16 bfloat16".split()


class Training:
    """A model that is trained: its weights, losses, metrics and optimizer.

    compiled: what it was compiled with, as compile_config has it; state: the
    arrays of its optimizer in the file; floatx: keras.config.floatx(). Raises
    CannotRun for what is not trained here.
    """

    def __init__(self, model, compiled, state, floatx):
        self.model, self.floatx = model, floatx
        self.all_layers = model.with_all_inside()
        check_all_trained(model)
        self.weights = trained_weights(model)
        names = [name for name, _, _ in references(model.outputs)]
        nested = each_reference(lambda r: None, model.outputs)
        is_graph = hasattr(model, "calls")
        self.names = names if is_graph else None
        told = (compiled, self.names, nested, floatx)
        self.objectives, self.metrics = Objectives(*told), Metrics(*told)
        self.optimizer = Optimizer(
            compiled["optimizer"],
            [weight.path for weight in self.weights],
            [weight.array for weight in self.weights],
            state,
            floatx,
        )
        self.jit_compile = bool(compiled.get("jit_compile"))
        self.logits = None  # of a step, {id of what an activation made: both}
        for layer in self.all_layers:
            layer.floatx = floatx
            self.record_logits_of(layer)

    def begin_drawing(self, seed):
        """Give the layers that draw, and have not yet, the generators that they
        begin with: of the seeds that they have, or else of those that Keras
        draws as it loads the model, after set_random_seed(seed) or at random.
        """
        new = [
            layer
            for layer in self.all_layers
            if layer.draws() and layer.seed_state is None
        ]
        for layer in new if self.jit_compile else ():
            raise layer.refusal(
                CannotRun(
                    "what it draws with jit_compile=True is not known here: "
                    "compile the model with jit_compile=False"
                )
            )
        for layer in new:
            if layer.seed is None:
                layer.seed = layer.config.get("seed")
        unknown = [layer for layer in new if layer.seed is None]
        if unknown and seed is not None:
            found = self.model.find_seeds(seed)
            for layer, drawn in zip(self.all_layers, found, strict=True):
                layer.seed = drawn if layer.seed is None else layer.seed
        for layer in new:
            if layer.seed is None:
                layer.seed = int(np.random.default_rng().integers(1, 10**9))
            layer.seed_state = [layer.seed, 0]

    # -- Forward

    def record_logits_of(self, layer):
        """Keras computes crossentropies from what goes into a softmax, or
        sigmoid, whose result is an output. What a mask changed, it forgets."""

        def recording(function):
            def record(x, *args, mask=None, **options):
                options |= {} if mask is None else {"mask": mask}
                y = function(x, *args, **options)
                if self.logits is not None and mask is None:
                    self.logits[id(y)] = y, x
                return y

            record.recorded = function
            return record

        # A model that is compiled anew has had its functions recorded before.
        activation = recorded_by(layer.activation)
        held = recorded_by(layer.options.get("activation"))
        is_last = "recurrent_kernel" not in layer.arrays  # not in each step
        if activation in (softmax, sigmoid):
            layer.activation = recording(activation)
        elif held in (softmax, sigmoid) and is_last:
            layer.options = {**layer.options, "activation": recording(held)}
        elif layer.kind in ("Softmax", "Sigmoid"):
            layer.function = recording(recorded_by(layer.function))

    def forward(self, x, trains):
        """Return the outputs of a batch, Tensors, their logits, by the names of
        outputs, and what layers add to the loss."""
        added = []

        def around(layer, args, keywords):
            # Keras overrides the argument training of a call in a model.
            y = layer.call(args, keywords)
            penalty = self.penalty_of_activity(layer)
            for tensor in tensors_in(y) if penalty else ():
                added.append(penalty(tensor.array) / len(tensor.array))
            return y

        self.logits = {}
        inputs = self.model.as_inputs(x)
        given = sum(t.array.size for t in tensors_in(inputs))
        numbers = given + count_numbers(self.model.weights)
        try:
            with (
                limited(numbers),
                calling(self.all_layers, trains),
                self.model.calls_by(around),
            ):
                y = self.model.run(inputs)
            found = [
                self.logits.get(id(tensor.array), (None, None))[1]
                for tensor in tensors_in(y)
            ]
        finally:
            self.logits = None
        names = self.names or [None]
        logits = {n: array for n, array in zip(names, found)}
        added += [
            weight.penalty(weight.array)
            for weight in self.weights
            if weight.penalty
        ]
        return y, logits, added

    def penalty_of_activity(self, layer):
        """Return the function of what a layer makes that it adds to the loss,
        or None."""
        saved = layer.config.get("activity_regularizer")
        if layer.kind == "ActivityRegularization":
            options = {k: layer.config.get(k, 0.0) for k in ("l1", "l2")}
            saved = {"class_name": "L1L2", "config": options}
        return saved and as_function_of(layer, saved, PENALTIES)

    def loss_of(self, y_true, y, logits, added, sample_weight):
        """Return the loss of a batch with all that is added, and the losses of
        its outputs."""
        total, of_outputs = self.objectives.losses(
            y_true, y, sample_weight, logits
        )
        if total is None and not added:
            raise CannotRun(
                "it has no loss: compile it with one, as in "
                'model.compile(loss="mean_squared_error")'
            )
        for more in added:
            total = more if total is None else total + more
        if np.ndim(total):
            raise CannotRun("a loss whose reduction is none is no number")
        return total, of_outputs

    # -- Steps

    def step(self, x, y_true, sample_weight=None, update=True):
        """Train on a batch: return the gradients. Where it cannot, all is as it
        was before.

        update: whether weights, metrics and what layers keep move on.
        """
        before = self.remember()
        traced = [Traced(weight.array) for weight in self.weights]
        try:  # also of Ctrl-C, which may come anywhere
            for weight, array in zip(self.weights, traced):
                weight.put(array)
            y, logits, added = self.forward(x, trains=True)
            loss, of_outputs = self.loss_of(
                y_true, y, logits, added, sample_weight
            )
            found = gradients_of(self.optimizer.scale_loss(loss), traced)
            for weight, array in zip(self.weights, traced):
                weight.put(array.value)
            if update:
                self.count(y_true, y, logits, loss, of_outputs, sample_weight)
                self.move(found)
        except BaseException as error:
            self.restore(before)
            if isinstance(error, NoGradient):
                raise CannotRun(f"it is not trained here: {error}") from None
            raise
        if not update:
            self.restore(before)
        return found

    def move(self, found):
        """Give the weights new values."""
        arrays = [weight.array for weight in self.weights]
        new = self.optimizer.apply(arrays, found)
        for weight, array, gradient in zip(self.weights, new, found):
            if weight.constraint and gradient is not None:
                array = weight.constraint(array)
            weight.put(array)

    def count(self, y_true, y, logits, loss, of_outputs, sample_weight):
        """Add a batch to the metrics."""
        y = each(lambda t: Tensor(plain(t.array), t.mask), y)
        logits = {name: plain(array) for name, array in logits.items()}
        samples = len(tensors_in(y)[0].array)
        of_outputs = {name: plain(value) for name, value in of_outputs.items()}
        self.metrics.update_losses(plain(loss), of_outputs, samples)
        self.metrics.update(y_true, y, sample_weight, logits)

    def test(self, x, y_true, sample_weight=None):
        """Add a batch to the metrics, without training."""
        y, logits, added = self.forward(x, trains=False)
        loss, of_outputs = self.loss_of(y_true, y, logits, added, sample_weight)
        self.count(y_true, y, logits, loss, of_outputs, sample_weight)

    def finish(self):
        """End a fit: averages, if there are any, take the place of weights."""
        arrays = [weight.array for weight in self.weights]
        for weight, array in zip(self.weights, self.optimizer.finish(arrays)):
            weight.put(array)

    def remember(self):
        """Return what a step changes beside metrics."""
        of_layers = [
            (layer, dict(layer.arrays), layer.seed_state, layer.kept)
            for layer in self.all_layers
        ]
        return of_layers, self.optimizer.remember()

    def restore(self, remembered):
        """Let it be as it was remembered."""
        of_layers, of_optimizer = remembered
        for layer, arrays, seed_state, kept in of_layers:
            layer.arrays, layer.kept = arrays, kept
            layer.seed_state = seed_state
        self.optimizer.restore(of_optimizer)


def recorded_by(function):
    """Return the function whose calls another one records; itself, where it
    records none."""
    return getattr(function, "recorded", function)


@contextlib.contextmanager
def calling(layers, trains):
    """Have layers do what they do in training, or in predict."""
    before = [layer.trains for layer in layers]
    for layer in layers:
        layer.trains = trains
    try:
        yield
    finally:
        for layer, was in zip(layers, before):
            layer.trains = was


def gradients_of(loss, traced):
    """Return the gradients of a loss; None where it does not depend on one."""
    if not isinstance(loss, Traced):
        return [None] * len(traced)
    return gradients(loss, traced, in_occurrences=True)


def gradients_by_layer(weights, found):
    """Return gradients as {layer: {weight: array}}, zeros where there is
    none."""
    by_layer = {}
    for weight, gradient in zip(weights, found):
        if gradient is None:
            gradient = np.zeros_like(weight.array)
        of_layer = by_layer.setdefault(weight.layer.name, {})
        of_layer[weight.name] = dense_gradient(gradient)
    return by_layer


def check_all_trained(model):
    """Raise CannotRun for layers that are not trained here, by their names."""
    called = [model]
    for layer in called:  # which grows
        called += getattr(layer, "layers", [])
    for layer in model.with_all_inside():
        why = layer.why_not_trained()
        policy = layer.config.get("dtype")
        if isinstance(policy, dict):
            policy = policy["config"].get("name")
        if why is None and policy in OF_16_BITS:
            why = f"it computes in {policy}: train it in float32"
        penalty = layer.config.get("activity_regularizer")
        if why is None and penalty and layer not in called:
            why = "its activity_regularizer, in another layer, is not known"
        if why:
            raise layer.refusal(CannotRun(f"it is not trained here: {why}"))
