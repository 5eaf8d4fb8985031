"""Faults of what pages say of a layer, and neither its answers on the page nor the cases of
the library show: mostly that Keras does *not* do something.
"""

import functools
import inspect
from unittest import mock

import keras
from breaking import (
    activation,
    altered,
    attribute,
    calling,
    during,
    ignoring_argument,
    operation,
    training_is,
    with_arguments,
)
from fault import Fault
from keras import layers, ops
from keras.regularizers import L1
from keras.src.initializers.random_initializers import RandomInitializer

# -- What Keras does in another way than one would think


def sparsemax(z, y):
    """What sparsemax should be, and is in Keras after 3.15.1."""
    largest = -ops.sort(-z, axis=-1)
    size = ops.cumsum(ops.ones_like(z), axis=-1)
    support = 1 + size * largest > ops.cumsum(largest, axis=-1)
    total = ops.sum(ops.where(support, largest, 0), axis=-1, keepdims=True)
    number = ops.sum(ops.cast(support, z.dtype), axis=-1, keepdims=True)
    return ops.relu(z - (total - 1) / number)


def masking_roughly(self, inputs, mask=None):
    """A mask for which numbers close to the mask_value are padding."""
    return ops.any(ops.abs(inputs - self.mask_value) > 1e-3, axis=-1)


def setting_weights():
    """Bidirectional that sets the weights that it is given, once it has its own."""
    real = layers.Bidirectional.build

    @functools.wraps(real)
    def changed(self, sequences_shape, initial_state_shape=None):
        real(self, sequences_shape)
        for layer in (self.forward_layer, self.backward_layer):
            if hasattr(layer, "initial_weights"):
                layer.set_weights(layer.initial_weights)

    return mock.patch.object(layers.Bidirectional, "build", changed)


def regularized(real, self, *args, **kwargs):
    """TimeDistributed that adds the loss of its layer's activity."""
    y = real(self, *args, **kwargs)
    if self.layer.activity_regularizer is not None:
        self.layer.add_loss(self.layer.activity_regularizer(y))
    return y


def penalizing(real, self, *args, **given):
    """A layer that has an activity_regularizer, whatever it is told."""
    self.activity_regularizer = L1(0.25)
    return real(self, *args, **given)


# -- LoRA


def enabling(alpha):
    """enable_lora for which alpha is ``alpha(layer)`` where it was not given."""
    real = layers.Dense.enable_lora
    signature = inspect.signature(real)

    @functools.wraps(real)
    def enable_lora(self, *args, **kwargs):
        real(self, *args, **kwargs)
        if signature.bind(self, *args, **kwargs).arguments.get("lora_alpha") is None:
            self.lora_alpha = alpha(self)

    return mock.patch.object(layers.Dense, "enable_lora", enable_lora)


def keeping_alpha(layer):
    """A layer whose constructor's alpha counts, where no other is told."""
    real = layer.enable_lora

    def enable_lora(self, rank, lora_alpha=None, **initializers):
        real(self, rank, lora_alpha or self.lora_alpha, **initializers)

    return mock.patch.object(layer, "enable_lora", enable_lora)


def loading_ends_it(self, store, real=layers.Dense.load_own_variables):
    real(self, store)
    self.lora_enabled = False


# -- Training


def mean_with(update):
    """A mean over batches, as of losses, that is updated in another way."""
    return mock.patch.object(keras.metrics.Mean, "update_state", update)


def last_batch_alone(self, *args, real=keras.metrics.Mean.update_state, **kwargs):
    self.reset_state()
    return real(self, *args, **kwargs)


def batches_alike(
    self, values, sample_weight=None, real=keras.metrics.Mean.update_state
):
    """However large a batch is."""
    if len(getattr(sample_weight, "shape", ())) == 0:  # it is the size of a batch
        sample_weight = None
    return real(self, values, sample_weight)


# -- What a layer stores


def variable_dtype(change):
    """Policies with another dtype for variables: ``change`` takes both dtypes."""
    return mock.patch.object(
        keras.DTypePolicy,
        "variable_dtype",
        property(lambda self: change(self._variable_dtype, self._compute_dtype)),
    )


def weights_in_compute_dtype():
    """Layers that keep variables in 16 bits, whatever their policy says."""
    real = layers.Layer.add_weight

    @functools.wraps(real)
    def add_weight(self, *args, **kwargs):
        return real(self, *args, **{"dtype": self.compute_dtype, **kwargs})

    return mock.patch.object(layers.Layer, "add_weight", add_weight)


def drawing_anew(self, seed=None, real=RandomInitializer.__init__):
    real(self, keras.random.SeedGenerator() if seed is None else seed)


def zeros_for_none(given):
    if given.get("bias_initializer", "zeros") is None:
        given["bias_initializer"] = "zeros"


LORA = "adapters/plot_lora"
MIXED = "precision/plot_mixed"
WEIGHTED = "training/plot_sample_weights"
SEEDS = "weights/plot_seeds"

FAULTS = [
    Fault(
        "activations/plot_sparsemax",
        "sparsemax",
        "mended",
        activation("sparsemax", sparsemax),
    ),
    Fault(
        "shapes/plot_masks",
        "Masking.compute_mask",
        "of what is close to mask_value",
        mock.patch.object(layers.Masking, "compute_mask", masking_roughly),
    ),
    Fault(
        "preprocessing/plot_random_layers",
        "RandomBrightness.call",
        "does not act unless in training",
        training_is(layers.RandomBrightness, False),
    ),
    Fault(
        "recurrent/plot_bidirectional",
        "Bidirectional.weights",
        "are set",
        setting_weights(),
    ),
    Fault(
        "recurrent/plot_time_distributed",
        "TimeDistributed.call",
        "adds the activity_regularizer of its layer",
        calling(layers.TimeDistributed, regularized),
    ),
    Fault(
        "regularization/plot_activity_regularizer",
        "SimpleRNN.activity_regularizer",
        "not ignored",
        calling(layers.SimpleRNN, penalizing),
    ),
    Fault(LORA, "Dense.enable_lora", "alpha is one", enabling(lambda layer: 1)),
    Fault(
        LORA,
        "Dense.enable_lora",
        "alpha is twice the rank",
        enabling(lambda layer: 2 * layer.lora_rank),
    ),
    Fault(LORA, "Dense.lora_alpha", "kept", keeping_alpha(layers.Dense)),
    Fault(
        "adapters/plot_lora_conv_embedding",
        "Embedding.lora_alpha",
        "kept",
        keeping_alpha(layers.Embedding),
    ),
    Fault(
        "adapters/plot_lora_saving",
        "Dense.load_own_variables",
        "ends LoRA",
        mock.patch.object(layers.Dense, "load_own_variables", loading_ends_it),
    ),
    Fault(
        "shapes/plot_masked_loss",
        "Model.evaluate",
        "only the last batch counts",
        mean_with(last_batch_alone),
    ),
    Fault(
        WEIGHTED,
        "Model.train_on_batch",
        "batches of any size count the same",
        mean_with(batches_alike),
    ),
    Fault(
        WEIGHTED,
        "Model.evaluate",
        "metrics are never reset",
        mock.patch.object(keras.Model, "reset_metrics", lambda self: None),
    ),
    Fault(
        "normalization/plot_batch_normalization_training",
        "BatchNormalization.momentum",
        "ignored",
        ignoring_argument(layers.BatchNormalization, "momentum"),
    ),
    Fault(
        "normalization/plot_batch_normalization_gradient",
        "BatchNormalization.trainable",
        "trains although frozen",
        attribute(layers.BatchNormalization, "_trainable", lambda trainable: True),
    ),
    Fault(
        "normalization/plot_batch_renormalization",
        "BatchNormalization.renorm",
        "its gradient goes through r and d",
        during(
            layers.BatchNormalization, operation("stop_gradient", lambda real, x: x)
        ),
    ),
    Fault(
        MIXED,
        "Dense.dtype",
        "16 bits are stored in float32",
        variable_dtype(
            lambda variable, compute: "float32" if "16" in compute else variable
        ),
    ),
    Fault(
        MIXED,
        "DTypePolicy",
        "its policy stores in 16 bits",
        variable_dtype(lambda variable, compute: compute),
    ),
    Fault(MIXED, "DTypePolicy", "variables in 16 bits", weights_in_compute_dtype()),
    Fault(
        "files/plot_keras_file",
        "Constant.value",
        "ignored",
        ignoring_argument(keras.initializers.Constant, "value"),
    ),
    Fault(
        "attention/plot_flash_attention",
        "MultiHeadAttention.flash_attention",
        "is in the config",
        altered(
            layers.MultiHeadAttention,
            "get_config",
            lambda config: {**config, "flash_attention": None},
        ),
    ),
    Fault(
        "refusals/plot_surprising_acceptances",
        "Dense.bias_initializer",
        "None is zeros",
        with_arguments(layers.Dense, "__init__", zeros_for_none),
    ),
    Fault(
        SEEDS,
        "GlorotUniform.seed",
        "each call draws anew",
        mock.patch.object(RandomInitializer, "__init__", drawing_anew),
    ),
    Fault(
        SEEDS,
        "SeedGenerator",
        "repeats its seed",
        mock.patch.object(
            keras.random.SeedGenerator,
            "next",
            lambda self, ordered=True: 1 * self.state,
        ),
    ),
]

# Comparisons that nothing need turn red: (page, as ast.unparse writes it, reason).
GREEN = [
    (
        "recurrent/plot_rnn_states",
        "np.testing.assert_equal(starts_anew, keras.backend.backend() == 'jax')",
        "says that two arrays differ, but on JAX",
    ),
]
