"""Layers that do something in training alone, in a model."""

from keras_by_hand.layers.regularization import (
    activity_regularization,
    alpha_dropout,
    dropout,
    gaussian_dropout,
    gaussian_noise,
    spatial_dropout1d,
    spatial_dropout2d,
    spatial_dropout3d,
)
from keras_by_hand.models.layers.layer import DoesNothing, LayerTable
from keras_by_hand.random import draw_kept, draw_normal


class Dropout(DoesNothing):
    """A layer that drops, or changes, what chance tells in training."""

    key = "rate"  # of its config: where that is 0, it does nothing

    def draws(self):
        return self.config[self.key] > 0

    def compute(self, x, mask=None, training=None):
        return x.but(self.apply(x.array))

    def apply(self, x, mask=None):
        return self.drop(x) if self.trains and self.draws() else x

    def drop(self, x):
        """Return what it makes of an array."""
        rate = self.config["rate"]
        kept = draw_kept(
            self.shape_drawn(x), rate, str(x.dtype), seed=self.next_seed()
        )
        return self.function(x, kept, rate=rate)

    def shape_drawn(self, x):
        """Return the shape of what it draws."""
        shape = self.config.get("noise_shape") or x.shape
        return [m if n is None else n for n, m in zip(shape, x.shape)]


class SpatialDropout(Dropout):
    """A layer that drops channels."""

    def drop(self, x):
        last = self.config.get("data_format") != "channels_first"
        channels = x.shape[-1 if last else 1]
        rate, shape = self.config["rate"], (len(x), channels)
        kept = draw_kept(shape, rate, str(x.dtype), seed=self.next_seed())
        options = {"rate": rate}
        if "data_format" in self.config:
            options["data_format"] = self.config["data_format"]
        return self.function(x, kept, **options)


class AlphaDropout(Dropout):
    """An AlphaDropout, which draws in floatx whatever it computes in."""

    def drop(self, x):
        rate = self.config["rate"]
        shape = self.shape_drawn(x)
        kept = draw_kept(shape, rate, self.floatx, seed=self.next_seed())
        return self.function(x, kept, rate=rate)


class Gaussian(Dropout):
    """A layer that draws normal numbers."""

    def drop(self, x):
        z = draw_normal(x.shape, dtype=str(x.dtype), seed=self.next_seed())
        return self.function(x, z, **{self.key: self.config[self.key]})


class GaussianNoise(Gaussian):
    key = "stddev"


REGULARIZATION_LAYERS: LayerTable = {
    "ActivityRegularization": (activity_regularization, DoesNothing),
    "AlphaDropout": (alpha_dropout, AlphaDropout),
    "Dropout": (dropout, Dropout),
    "GaussianDropout": (gaussian_dropout, Gaussian),
    "GaussianNoise": (gaussian_noise, GaussianNoise),
    "SpatialDropout1D": (spatial_dropout1d, SpatialDropout),
    "SpatialDropout2D": (spatial_dropout2d, SpatialDropout),
    "SpatialDropout3D": (spatial_dropout3d, SpatialDropout),
}
