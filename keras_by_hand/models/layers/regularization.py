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

REGULARIZATION_LAYERS: LayerTable = {
    "ActivityRegularization": (activity_regularization, DoesNothing),
    "AlphaDropout": (alpha_dropout, DoesNothing),
    "Dropout": (dropout, DoesNothing),
    "GaussianDropout": (gaussian_dropout, DoesNothing),
    "GaussianNoise": (gaussian_noise, DoesNothing),
    "SpatialDropout1D": (spatial_dropout1d, DoesNothing),
    "SpatialDropout2D": (spatial_dropout2d, DoesNothing),
    "SpatialDropout3D": (spatial_dropout3d, DoesNothing),
}
