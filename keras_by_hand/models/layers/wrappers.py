"""How layers that hold others are called in a model."""

import json

from keras_by_hand.layers.wrappers import bidirectional, time_distributed
from keras_by_hand.models.config import quantization_mode
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.layers.layer import KeepsMask, LayerTable
from keras_by_hand.models.layers.recurrent import Recurrent


class Bidirectional(Recurrent):
    """Two recurrent layers, of which one goes backwards."""

    reads = ("layer", "backward_layer", "stateful")
    parts = ()

    def prepare(self, build):
        super().prepare(build)
        saved = self.config["layer"]
        weights = self.weights.get("forward_layer", {})
        self.forward = self.build_inside(build, saved, weights)
        saved = self.config.get("backward_layer") or saved
        weights = self.weights.get("backward_layer", {})
        self.backward = self.build_inside(build, saved, weights)

    def inside(self):
        return [self.forward, self.backward]

    def find_arrays(self, names):
        return {}

    def apply(self, x, mask=None, initial_state=None):
        _, common = self.find_arguments()
        of_forward = self.forward.options.items()
        shared = {name: value for name, value in of_forward if name in common}
        options = {**self.options, **shared}
        options["backward_layer"] = self.backward.apply
        return self.function(
            self.forward.apply,
            x,
            mask=mask,
            initial_state=initial_state,
            **options,
        )

    def mask_after(self, x, mask):
        return self.forward.mask_after(x, mask)


class TimeDistributed(KeepsMask):
    """A layer, applied to each step."""

    reads = ("layer",)

    def prepare(self, build):
        saved = self.config["layer"]
        if '"stateful": true' in json.dumps(saved):
            raise CannotRun("a layer in it that keeps states is not known here")
        if quantization_mode(saved["config"].get("dtype")):
            # Keras 3.15.1 multiplies by its whole numbers without their scale.
            raise CannotRun(
                "a quantized layer in it is not known here; save the model "
                "before quantize()"
            )
        weights = self.weights.get("layer", {})
        self.layer = self.build_inside(build, saved, weights)

    def inside(self):
        return [self.layer]

    def apply(self, x, mask=None):
        given = mask if self.layer.takes_mask else None
        return self.function(self.layer.apply, x, mask=given)


WRAPPER_LAYERS: LayerTable = {
    "Bidirectional": (bidirectional, Bidirectional),
    "TimeDistributed": (time_distributed, TimeDistributed),
}
