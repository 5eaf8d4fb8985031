"""How activation layers are saved and called in a model."""

from keras_by_hand.layers.activation import (
    activation_layer,
    elu_layer,
    identity_layer,
    lambda_layer,
    leaky_relu_layer,
    prelu,
    relu_layer,
    softmax_layer,
)
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.layers.layer import (
    KeepsMask,
    Layer,
    LayerTable,
    TakesAndKeepsMask,
)
from keras_by_hand.models.layers.own import call_for, known_of


class LeakyReLU(KeepsMask):
    """A LeakyReLU, whose slope was called alpha before Keras 3."""

    def check_config(self):
        if "alpha" in self.config:
            self.config = {
                **self.config,
                "negative_slope": self.config["alpha"],
            }
            del self.config["alpha"]
        super().check_config()


class ReLU(KeepsMask):
    """A ReLU, whose limits Keras rounds among whole numbers."""

    def apply(self, x, mask=None):
        y = super().apply(x)
        if y.dtype.kind != x.dtype.kind:
            raise CannotRun("limits among whole numbers are not known here")
        return y


class PReLU(KeepsMask):
    """A PReLU, whose weights have length 1 along the axes that share them."""

    reads = ("shared_axes",)

    def check_arrays(self):
        shape = (None, *self.arrays["alpha"].shape)
        for axis in self.config.get("shared_axes") or ():
            if shape[axis] != 1:
                raise CannotRun(
                    f"shared_axes has {axis}, but a weight has {shape[1:]}"
                )


class HoldsCode(Layer):
    """A Lambda."""

    def check_config(self):
        raise CannotRun(
            f"it holds code, which is never run; known of it is "
            f"{known_of(self.config)}; give its formula: {call_for(self.name)}"
        )


ACTIVATION_LAYERS: LayerTable = {
    "Activation": (activation_layer, KeepsMask),
    "ELU": (elu_layer, KeepsMask),
    "Identity": (identity_layer, KeepsMask),
    "Lambda": (lambda_layer, HoldsCode),
    "LeakyReLU": (leaky_relu_layer, LeakyReLU),
    "PReLU": (prelu, PReLU),
    "ReLU": (relu_layer, ReLU),
    "Softmax": (softmax_layer, TakesAndKeepsMask),
}
