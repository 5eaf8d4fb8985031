"""Which function stands for which class of Keras, and how a model calls it."""

import functools

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
from keras_by_hand.layers.attention import (
    additive_attention,
    attention,
    group_query_attention,
    multi_head_attention,
)
from keras_by_hand.layers.augmentation import (
    aug_mix,
    cut_mix,
    mix_up,
    rand_augment,
    random_brightness,
    random_color_degeneration,
    random_color_jitter,
    random_contrast,
    random_crop,
    random_elastic_transform,
    random_erasing,
    random_flip,
    random_gaussian_blur,
    random_grayscale,
    random_hue,
    random_invert,
    random_perspective,
    random_posterization,
    random_rotation,
    random_saturation,
    random_sharpness,
    random_shear,
    random_translation,
    random_zoom,
)
from keras_by_hand.layers.conv_lstm import conv_lstm1d, conv_lstm2d, conv_lstm3d
from keras_by_hand.layers.convolution import (
    conv1d,
    conv1d_transpose,
    conv2d,
    conv2d_transpose,
    conv3d,
    conv3d_transpose,
    depthwise_conv1d,
    depthwise_conv2d,
    separable_conv1d,
    separable_conv2d,
)
from keras_by_hand.layers.dense import dense, einsum_dense
from keras_by_hand.layers.embedding import (
    embedding,
    masking,
    reversible_embedding,
)
from keras_by_hand.layers.merging import (
    add,
    average,
    concatenate,
    dot,
    maximum,
    minimum,
    multiply,
    subtract,
)
from keras_by_hand.layers.normalization import (
    batch_normalization,
    group_normalization,
    layer_normalization,
    rms_normalization,
    spectral_normalization,
    unit_normalization,
)
from keras_by_hand.layers.pooling import (
    adaptive_average_pooling1d,
    adaptive_average_pooling2d,
    adaptive_average_pooling3d,
    adaptive_max_pooling1d,
    adaptive_max_pooling2d,
    adaptive_max_pooling3d,
    average_pooling1d,
    average_pooling2d,
    average_pooling3d,
    global_average_pooling1d,
    global_average_pooling2d,
    global_average_pooling3d,
    global_max_pooling1d,
    global_max_pooling2d,
    global_max_pooling3d,
    max_pooling1d,
    max_pooling2d,
    max_pooling3d,
)
from keras_by_hand.layers.preprocessing import (
    category_encoding,
    center_crop,
    discretization,
    normalization,
    rescaling,
    resizing,
)
from keras_by_hand.layers.recurrent import (
    gru,
    gru_cell,
    lstm,
    lstm_cell,
    rnn,
    simple_rnn,
    simple_rnn_cell,
    stacked_rnn_cells,
)
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
from keras_by_hand.layers.reshaping import (
    cropping1d,
    cropping2d,
    cropping3d,
    flatten,
    permute,
    repeat_vector,
    reshape,
    up_sampling1d,
    up_sampling2d,
    up_sampling3d,
    zero_padding1d,
    zero_padding2d,
    zero_padding3d,
)
from keras_by_hand.layers.text import (
    integer_lookup,
    string_lookup,
    text_vectorization,
)
from keras_by_hand.layers.wrappers import bidirectional, time_distributed
from keras_by_hand.models.config import (
    is_of_keras,
    is_operator,
    quantization_mode,
)
from keras_by_hand.models.errors import CannotRunLayer
from keras_by_hand.models.layers.activation import LeakyReLU, PReLU, ReLU
from keras_by_hand.models.layers.applications import (
    custom_scale_layer,
    layer_scale,
)
from keras_by_hand.models.layers.attention import (
    Attention,
    Heads,
    MultiHeadAttention,
)
from keras_by_hand.models.layers.dense import EinsumDense
from keras_by_hand.models.layers.embedding import (
    Embedding,
    Masking,
    ReversibleEmbedding,
)
from keras_by_hand.models.layers.layer import (
    Convolution,
    DoesNothing,
    HoldsCode,
    KeepsDtype,
    KeepsMask,
    Layer,
    OfFractions,
    OfFractionsKeepsMask,
    TakesAndKeepsMask,
    TakesMask,
    name_of,
)
from keras_by_hand.models.layers.merging import (
    Adding,
    Average,
    Concatenate,
    Maximum,
    Merging,
    Minimum,
    Multiply,
    TFDConcat,
)
from keras_by_hand.models.layers.normalization import SpectralNormalization
from keras_by_hand.models.layers.own import OwnLayer
from keras_by_hand.models.layers.preprocessing import (
    CategoryEncoding,
    CenterCrop,
    Discretization,
    IntegerLookup,
    Lookup,
    RandomImages,
    Resizing,
    Scaling,
    UpSampling2D,
)
from keras_by_hand.models.layers.quantized import (
    QuantizedDense,
    QuantizedEinsumDense,
    QuantizedEmbedding,
    QuantizedReversible,
)
from keras_by_hand.models.layers.recurrent import (
    RNN,
    Bidirectional,
    Cell,
    LSTMCell,
    Recurrent,
    StackedCells,
    TimeDistributed,
)
from keras_by_hand.models.model import Functional, InputLayer, Sequential
from keras_by_hand.models.operators.operator import Operator

# The function that computes it, and how it is called in a model.
LAYERS = {
    "Activation": (activation_layer, KeepsMask),
    "ActivityRegularization": (activity_regularization, DoesNothing),
    "AdaptiveAveragePooling1D": (adaptive_average_pooling1d, Layer),
    "AdaptiveAveragePooling2D": (adaptive_average_pooling2d, Layer),
    "AdaptiveAveragePooling3D": (adaptive_average_pooling3d, Layer),
    "AdaptiveMaxPooling1D": (adaptive_max_pooling1d, Layer),
    "AdaptiveMaxPooling2D": (adaptive_max_pooling2d, Layer),
    "AdaptiveMaxPooling3D": (adaptive_max_pooling3d, Layer),
    "Add": (add, Adding),
    "AdditiveAttention": (additive_attention, Attention),
    "AlphaDropout": (alpha_dropout, DoesNothing),
    "Attention": (attention, Attention),
    "AugMix": (aug_mix, RandomImages),
    "Average": (average, Average),
    "AveragePooling1D": (average_pooling1d, Layer),
    "AveragePooling2D": (average_pooling2d, Layer),
    "AveragePooling3D": (average_pooling3d, Layer),
    "BatchNormalization": (batch_normalization, KeepsMask),
    "Bidirectional": (bidirectional, Bidirectional),
    "CategoryEncoding": (category_encoding, CategoryEncoding),
    "CenterCrop": (center_crop, CenterCrop),
    "Concatenate": (concatenate, Concatenate),
    "Conv1D": (conv1d, Convolution),
    "Conv1DTranspose": (conv1d_transpose, Convolution),
    "Conv2D": (conv2d, Convolution),
    "Conv2DTranspose": (conv2d_transpose, Convolution),
    "Conv3D": (conv3d, Convolution),
    "Conv3DTranspose": (conv3d_transpose, Convolution),
    "ConvLSTM1D": (conv_lstm1d, Recurrent),
    "ConvLSTM2D": (conv_lstm2d, Recurrent),
    "ConvLSTM3D": (conv_lstm3d, Recurrent),
    "Cropping1D": (cropping1d, Layer),
    "Cropping2D": (cropping2d, Layer),
    "Cropping3D": (cropping3d, Layer),
    "CustomScaleLayer": (custom_scale_layer, Layer),
    "CutMix": (cut_mix, RandomImages),
    "Dense": (dense, KeepsMask),
    "DepthwiseConv1D": (depthwise_conv1d, Convolution),
    "DepthwiseConv2D": (depthwise_conv2d, Convolution),
    "Discretization": (discretization, Discretization),
    "Dot": (dot, Layer),
    "Dropout": (dropout, DoesNothing),
    "ELU": (elu_layer, KeepsMask),
    "EinsumDense": (einsum_dense, EinsumDense),
    "Embedding": (embedding, Embedding),
    "Flatten": (flatten, Layer),
    "GRU": (gru, Recurrent),
    "GRUCell": (gru_cell, Cell),
    "GaussianDropout": (gaussian_dropout, DoesNothing),
    "GaussianNoise": (gaussian_noise, DoesNothing),
    "GlobalAveragePooling1D": (global_average_pooling1d, TakesMask),
    "GlobalAveragePooling2D": (global_average_pooling2d, Layer),
    "GlobalAveragePooling3D": (global_average_pooling3d, Layer),
    "GlobalMaxPooling1D": (global_max_pooling1d, Layer),
    "GlobalMaxPooling2D": (global_max_pooling2d, Layer),
    "GlobalMaxPooling3D": (global_max_pooling3d, Layer),
    "GroupNormalization": (group_normalization, OfFractionsKeepsMask),
    "GroupQueryAttention": (group_query_attention, Heads),
    "Identity": (identity_layer, KeepsMask),
    "InputLayer": (identity_layer, InputLayer),
    "IntegerLookup": (integer_lookup, IntegerLookup),
    "LSTM": (lstm, Recurrent),
    "LSTMCell": (lstm_cell, LSTMCell),
    "Lambda": (lambda_layer, HoldsCode),
    "LayerNormalization": (layer_normalization, OfFractionsKeepsMask),
    "LayerScale": (layer_scale, Layer),
    "LeakyReLU": (leaky_relu_layer, LeakyReLU),
    "Masking": (masking, Masking),
    "MaxPooling1D": (max_pooling1d, KeepsDtype),
    "MaxPooling2D": (max_pooling2d, KeepsDtype),
    "MaxPooling3D": (max_pooling3d, KeepsDtype),
    "Maximum": (maximum, Maximum),
    "Minimum": (minimum, Minimum),
    "MixUp": (mix_up, RandomImages),
    "MultiHeadAttention": (multi_head_attention, MultiHeadAttention),
    "Multiply": (multiply, Multiply),
    "Normalization": (normalization, Scaling),
    "PReLU": (prelu, PReLU),
    "Permute": (permute, Layer),
    "RMSNormalization": (rms_normalization, OfFractions),
    "RNN": (rnn, RNN),
    "RandAugment": (rand_augment, RandomImages),
    "RandomBrightness": (random_brightness, RandomImages),
    "RandomColorDegeneration": (random_color_degeneration, RandomImages),
    "RandomColorJitter": (random_color_jitter, RandomImages),
    "RandomContrast": (random_contrast, RandomImages),
    "RandomCrop": (random_crop, RandomImages),
    "RandomElasticTransform": (random_elastic_transform, RandomImages),
    "RandomErasing": (random_erasing, RandomImages),
    "RandomFlip": (random_flip, RandomImages),
    "RandomGaussianBlur": (random_gaussian_blur, RandomImages),
    "RandomGrayscale": (random_grayscale, RandomImages),
    "RandomHue": (random_hue, RandomImages),
    "RandomInvert": (random_invert, RandomImages),
    "RandomPerspective": (random_perspective, RandomImages),
    "RandomPosterization": (random_posterization, RandomImages),
    "RandomRotation": (random_rotation, RandomImages),
    "RandomSaturation": (random_saturation, RandomImages),
    "RandomSharpness": (random_sharpness, RandomImages),
    "RandomShear": (random_shear, RandomImages),
    "RandomTranslation": (random_translation, RandomImages),
    "RandomZoom": (random_zoom, RandomImages),
    "ReLU": (relu_layer, ReLU),
    "RepeatVector": (repeat_vector, Layer),
    "Rescaling": (rescaling, Scaling),
    "Reshape": (reshape, Layer),
    "Resizing": (resizing, Resizing),
    "ReversibleEmbedding": (reversible_embedding, ReversibleEmbedding),
    "SeparableConv1D": (separable_conv1d, Convolution),
    "SeparableConv2D": (separable_conv2d, Convolution),
    "SimpleRNN": (simple_rnn, Recurrent),
    "SimpleRNNCell": (simple_rnn_cell, Cell),
    "Softmax": (softmax_layer, TakesAndKeepsMask),
    "SpatialDropout1D": (spatial_dropout1d, DoesNothing),
    "SpatialDropout2D": (spatial_dropout2d, DoesNothing),
    "SpatialDropout3D": (spatial_dropout3d, DoesNothing),
    "SpectralNormalization": (spectral_normalization, SpectralNormalization),
    "StackedRNNCells": (stacked_rnn_cells, StackedCells),
    "StochasticDepth": (identity_layer, DoesNothing),
    "StringLookup": (string_lookup, Lookup),
    "Subtract": (subtract, Merging),
    "TFDConcat": (concatenate, TFDConcat),
    "TextVectorization": (text_vectorization, Lookup),
    "TimeDistributed": (time_distributed, TimeDistributed),
    "UnitNormalization": (unit_normalization, OfFractionsKeepsMask),
    "UpSampling1D": (up_sampling1d, Layer),
    "UpSampling2D": (up_sampling2d, UpSampling2D),
    "UpSampling3D": (up_sampling3d, Layer),
    "ZeroPadding1D": (zero_padding1d, Layer),
    "ZeroPadding2D": (zero_padding2d, Layer),
    "ZeroPadding3D": (zero_padding3d, Layer),
}

MODELS = {
    "Functional": Functional,
    "Pipeline": Sequential,
    "Sequential": Sequential,
}


QUANTIZED = {  # to int8 or int4
    "Dense": QuantizedDense,
    "EinsumDense": QuantizedEinsumDense,
    "Embedding": QuantizedEmbedding,
    "ReversibleEmbedding": QuantizedReversible,
}


def stands_for(saved, own):
    """Return what a user gives for the class of a saved layer, or None: by its
    registered name, such as package>Shift, or the class's alone."""
    own = own or {}
    return own.get(saved.get("registered_name"), own.get(saved["class_name"]))


def build_layer(saved, weights, own=None):
    """Return a layer, an operator or a model, as config.json has it, with its
    weights, as read_file found them. Raises CannotRun.

    own: by the names of classes of a user, the function that computes such a
    layer, or the name of Keras' class that does the same.
    """
    build = functools.partial(build_layer, own=own)
    given = stands_for(saved, own)
    if callable(given):
        return OwnLayer(saved, weights, build, given)
    if given is not None:
        saved = {**saved, "module": "keras", "class_name": given}
    name = saved["class_name"]
    function, kind = LAYERS.get(name, (None, None))
    mode = quantization_mode(saved["config"].get("dtype"))
    if not is_of_keras(saved):
        why = (
            "a class of your own, whose formula is not in the file; give its "
            f"function: load_model(path, layers={{{name!r}: function}})"
        )
    elif name in MODELS and "layers" not in saved["config"]:
        why = "the file does not tell which layers it has"
    elif name in MODELS:
        return MODELS[name](saved, weights, build)
    elif is_operator(saved):
        return Operator(saved, weights, build)
    elif mode and (mode not in ("int8", "int4") or name not in QUANTIZED):
        why = f"quantized to {mode}: not known here; save it before quantize()"
    elif mode:
        return QUANTIZED[name](saved, weights, build, function)
    elif kind:
        return kind(saved, weights, build, function)
    else:
        why = "no function of this file computes it"
    raise CannotRunLayer(f"layer {name_of(saved)} ({name}): {why}")
