"""What the derived proof need not notice, and why: an entry that is not true fails."""

import inspect

import keras

# Layers that change images in training alone.
RANDOM = """
    AugMix CutMix MixUp RandAugment RandomBrightness RandomColorDegeneration
    RandomColorJitter RandomContrast RandomCrop RandomElasticTransform RandomErasing
    RandomFlip RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective
    RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear
    RandomTranslation RandomZoom
""".split()


def arguments_of(name):
    return inspect.signature(getattr(keras.layers, name)).parameters


# Arguments of Keras that are not compared: {subject: {argument: reason}}.
QUANTIZED = "of quantize(): cases/quantization.py"
HASHED = "of FarmHash64, which the library refuses"
SPARSE = "a form of the answer that NumPy does not have"
OPTIMIZERS = """
    Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lamb Lion Muon Nadam RMSprop SGD
    ScheduleFreeAdamW
""".split()
SCHEDULES = """
    CosineDecay CosineDecayRestarts ExponentialDecay InverseTimeDecay
    PiecewiseConstantDecay PolynomialDecay
""".split()
NOT_COMPARED = {
    **{name: {"name": "no number"} for name in OPTIMIZERS + SCHEDULES},
    "EarlyStopping": {
        "monitor": "the history is that of it",
        "verbose": "no number",
        "restore_best_weights": "which they are is told in any case",
    },
    "draw_truncated_normal": {"dtype": "float32 alone"},
    "ReduceLROnPlateau": {
        "monitor": "the history is that of it",
        "verbose": "no number",
    },
    "BatchNormalization": {
        "mask": "counts in training only: batch_moments takes it",
        "renorm_clipping": "of renorm, which models refuse: renormalize has it",
        "renorm_momentum": "as above",
    },
    "Conv3DTranspose": {"dilation_rate": "TensorFlow has none in 3D"},
    "CategoryEncoding": {"sparse": SPARSE},
    "Dense": {"quantization_config": QUANTIZED},
    "Discretization": {
        "epsilon": "of adapt()",
        "num_bins": "of adapt()",
        "sparse": SPARSE,
    },
    "EinsumDense": {
        "gptq_unpacked_column_size": QUANTIZED,
        "quantization_config": QUANTIZED,
    },
    "Embedding": {"quantization_config": QUANTIZED},
    "IntegerLookup": {
        "oov_method": HASHED,
        "salt": HASHED,
        "sparse": SPARSE,
        "vocabulary_dtype": "Python's whole numbers have none",
    },
    "Resizing": {"fill_mode": "there is one only"},
    "StringLookup": {
        "encoding": "Keras compares bytes, whatever it is",
        "salt": HASHED,
        "sparse": SPARSE,
    },
    "TextVectorization": {
        "encoding": "Keras compares bytes, whatever it is",
        "ragged": "see text_vectorization, which is asked for it",
        "sparse": SPARSE,
    },
    **dict.fromkeys(
        ["sparse_categorical_crossentropy", "sparse_categorical_crossentropy_metric"],
        {"axis": "TensorFlow has the last one only"},
    ),
    "SpectralNormalization": {"power_iterations": "counts in training only"},
    **{name: dict.fromkeys(arguments_of(name), "acts in training") for name in RANDOM},
    "compute_float8_scale": {"margin": "0 wherever Keras calls it"},
}

# Faults that change no answer: {subject: {words: reason}}.
KEY_BIAS = "adds the same to all scores of a query"
NOT_LOOKED_AT = "MultiHeadAttention does not look at one that it is given"
POSITIONS = "the mean, or the largest, of all positions: their order does not count"
SUM = "a sum, whose order does not count"
IN_SPACE = ["axis 2 reversed", "axis 3 reversed", "axes 2 and 3 exchanged"]
PARTS = [f"parts {n} and {n + 1} of 4 exchanged" for n in range(3)]
OTHER_SHAPE = "Keras refuses it, as y_gradient then has another shape"
ARRAY_2D = ["axis 0 reversed", "axis 1 reversed", "axes 0 and 1 exchanged"]
OF_A_BIAS = ["zeroed", *ARRAY_2D, *PARTS]
ARRAY_3D = [*ARRAY_2D, "axis 2 reversed", "axes 1 and 2 exchanged"]
WITHOUT_EFFECT = {
    "Adafactor": {"relative_step=False: ignored": "Keras limits the rate in any case"},
    **{
        name: {"output_axes: read as another value": "fan_in counts the inputs alone"}
        for name in ("HeNormal", "HeUniform", "LecunNormal", "LecunUniform")
    },
    **{
        name: {"mode='min': ignored": "Keras takes it for a loss by itself"}
        for name in ("EarlyStopping", "ReduceLROnPlateau")
    },
    "ScheduleFreeAdamW": {
        f"beta_1: {words}": "Keras takes the new momentum for the old one"
        for words in ("ignored", "read as another value")
    },
    "GroupQueryAttention": {
        f"weights key/bias: {words}": KEY_BIAS for words in OF_A_BIAS
    },
    "L1": {f"inputs 0: {words}": SUM for words in ARRAY_2D},
    "L1L2": {f"inputs 0: {words}": SUM for words in ARRAY_2D},
    "L2": {f"inputs 0: {words}": SUM for words in ARRAY_2D},
    "MultiHeadAttention": {
        "call, query_mask: ignored": NOT_LOOKED_AT,
        **{
            f"call query_mask: {words}": NOT_LOOKED_AT
            for words in ["inverted", *ARRAY_2D]
        },
        **{f"weights key/bias: {words}": KEY_BIAS for words in OF_A_BIAS},
    },
    "Normalization": {"weights count: zeroed": "counts in adapt() only"},
    "OrthogonalRegularizer": {
        f"inputs 0: {words}": "the products of all pairs" for words in ARRAY_2D[:2]
    },
    "ReversibleEmbedding": {
        "reverse_dtype='float32': ignored": "rounds no more than float32 may"
    },
    "activity_regularization": {f"inputs 0: {words}": SUM for words in ARRAY_3D},
    "GlobalAveragePooling2D": {"inputs 0: axis 2 reversed": POSITIONS},
    "GlobalAveragePooling3D": {f"inputs 0: {words}": POSITIONS for words in IN_SPACE},
    "GlobalMaxPooling2D": {"inputs 0: axis 2 reversed": POSITIONS},
    "GlobalMaxPooling3D": {f"inputs 0: {words}": POSITIONS for words in IN_SPACE},
    "auc": {
        "curve='roc': ignored": "another name of the default",
        "num_labels: ignored": "tells what y_pred does",
        "summation_method='Interpolation': ignored": "another name of the default",
    },
    **{
        name: {"num_classes: misread": "a class more, of which there is nothing"}
        for name in ("one_hot_iou", "one_hot_mean_iou")
    },
    "awq": {"inputs 1: axis 0 reversed": "the largest of all samples"},
    "compute_float8_amax_history": {
        f"inputs 0: {words}": "the largest of all" for words in ARRAY_2D
    },
    "gptq": {"inputs 1: axis 0 reversed": SUM},
    "gptq of the paper": {"inputs 1: axis 0 reversed": SUM},
    "pytorch_conv2d": {"groups: read as another value": "refused for this kernel"},
    "attention_to_pytorch": {
        f"inputs 6: {words}": KEY_BIAS for words in ["zeroed", *ARRAY_2D]
    },
    "conv2d_gradients": {"strides: read as another value": OTHER_SHAPE},
    "conv2d_x_gradient": {
        "shape: misread": OTHER_SHAPE,
        "strides: read as another value": OTHER_SHAPE,
    },
    "learn_tokens": {"inputs 0: axis 0 reversed": "they are counted"},
    "lora_penalty": {f"inputs {n}: {words}": SUM for n in (0, 1) for words in ARRAY_2D},
    "max_pooling_gradient": {
        f"{name}: read as another value": OTHER_SHAPE
        for name in ("pool_size", "strides")
    },
    "reduce_losses": {"reduction='mean': ignored": "another name of the default"},
    "SpectralNormalization": {
        "weights vector_u: zeroed": "counts in training only",
        "weights vector_u: axis 1 reversed": "as above",
    },
}

# Arguments without effect on an answer whose check fails: {subject: {argument: reason}}.
PENALIZED_WITHIN = (
    "Keras penalizes query, key and value, too, as examples/weights tells"
)
NOT_OF_ITS_KIND = {
    "Bidirectional": {"weights": "Keras 3.15.1 keeps them, and does not set them"},
    "Dense": {"lora_alpha": "Keras 3.15.1 ignores it, as examples/adapters tells"},
    "Embedding": {"lora_alpha": "as of Dense"},
    "GroupQueryAttention": {"activity_regularizer": PENALIZED_WITHIN},
    "MultiHeadAttention": {"activity_regularizer": PENALIZED_WITHIN},
    "RNN": {
        "unroll": "Keras 3.15.1 then zeroes the outputs of other steps, with "
        "go_backwards and zero_output_for_mask: in the order of the input"
    },
    "SimpleRNN": {"activity_regularizer": "Keras 3.15.1 ignores it"},
}

# Texts that an argument may be, and that are not drawn:
# {subject: {"argument='text'": reason}}.
AREA = "no function computes it: models refuse it"
NEVER_DRAWN = {
    "Resizing": {"interpolation='area'": AREA},
    "TextVectorization": {"output_mode='one_hot'": "Keras does not document it"},
    "UpSampling2D": {"interpolation='area'": AREA},
    "resize": {"interpolation='area'": AREA},
}

# Cases whose gradient by the tape is not that of Keras: {subject: {number: reason}}; "all"
# where none is compared, "refused" where the tape has none.
IN_3D = {"all": "TensorFlow pools in three dimensions in float32 only"}
OF_NUMBERS = {"refused": "it keeps numbers between steps, and is not trained through"}
OTHER_GRADIENT = {
    "AdaptiveAveragePooling3D": IN_3D,
    "AdaptiveMaxPooling3D": IN_3D,
    "AveragePooling3D": IN_3D,
    "MaxPooling3D": IN_3D,
    "compute_float8_amax_history": OF_NUMBERS,
    "compute_float8_scale": OF_NUMBERS,
    "categorical_crossentropy": dict.fromkeys(
        (2, 4, 5), "TensorFlow's takes y_true for probabilities, which add up to 1"
    ),
}

# Answers that are float64 though nothing that comes in is: {subject: {place: reason}}.
EXACT = "rounds in float64, which holds all that it makes"
OTHER_DTYPE = {
    "compute_float8_scale": {0: "numbers come in, and no arrays"},
    "learn_idf": {0: "texts come in"},
    "sinusoidal_positions": {0: "numbers come in, and no arrays"},
    "tf32": {0: EXACT},
}

# Mutants that no case notices, and lines that none needs: {function: {(before, after), or
# line: reason}}.
SURVIVORS = {
    "standardize_text": {
        "return standardize(text)": "a function of one's own: test_wrong_preprocessing.py"
    },
}

# Layers that models can have, and that are compared in another way: {name: reason}.
IN_TRAINING = "what it does is in training: see the subject of that name"
CELL = "RNN has it"
OF_APPLICATIONS = "of a model of keras.applications: tests/models"
WITHOUT_SUBJECT = {
    "ActivityRegularization": "see activity_regularization",
    "CustomScaleLayer": OF_APPLICATIONS,
    "InputLayer": "the input of a model: tests/models",
    "Lambda": "see lambda_layer: models refuse code",
    "LayerScale": OF_APPLICATIONS,
    "StackedRNNCells": CELL,
    "StochasticDepth": OF_APPLICATIONS,
    **dict.fromkeys(["GRUCell", "LSTMCell", "SimpleRNNCell"], CELL),
    **dict.fromkeys(["AlphaDropout", "Dropout", "GaussianDropout"], IN_TRAINING),
    **dict.fromkeys(["GaussianNoise", "SpatialDropout1D"], IN_TRAINING),
    **dict.fromkeys(["SpatialDropout2D", "SpatialDropout3D"], IN_TRAINING),
}

# Of keras.random, the subject that compares each name, or why none does: {name: ...}.
OF_RANDOM = {
    "SeedGenerator": "next_state",
    "dropout": "draw_kept",
    "normal": "draw_normal",
    "randint": "draw_whole",
    "shuffle": "draw_order",
    "truncated_normal": "draw_truncated_normal",
    "uniform": "draw_uniform",
}
NOT_DRAWN = {
    **dict.fromkeys(["beta", "gamma"], "AugMix, CutMix and MixUp alone draw so"),
    **dict.fromkeys(["binomial", "categorical"], "no layer or weight is drawn so"),
}

# Functions that no case reaches: {function: reason}.
WITHOUT_CASES = {}

# Layers whose function takes functions, and is not called by these tests: {name: reason}.
WRAPS = "it takes the function of a layer"
NOT_CALLED = {
    "Bidirectional": WRAPS,
    "Identity": "it hands on whatever it is given, lists, too",
    "RNN": WRAPS,
    "SpectralNormalization": "spectral_normalization takes the kernel of its layer",
    "TimeDistributed": WRAPS,
    "add_states": "it takes states",
    "from_bfloat16": "a list of raw bytes has no type",
    **dict.fromkeys(
        ["are_even", "count_at", "divide_no_nan", "in_one_dtype", "of_one_rank"],
        "they take arrays, and check nothing",
    ),
}

# What is given no array of numbers by place: sizes, texts, or all by their names.
GIVEN_NO_NUMBERS = {
    *("StringLookup", "TextVectorization", "text_vectorization", "learn_idf"),
    *("compute_float8_scale", "conv2d_x_gradient", "allowed_pairs", "same_padding"),
    *(
        "sinusoidal_positions",
        "window_mask",
        "resolve_name",
        "draw_kept",
        "draw_normal",
        "draw_permutation",
    ),
    *("draw_truncated_normal", "draw_uniform", "draw_whole"),
}

# Calls that nobody means, and in which TensorFlow stops Python: {subject: [words]}.
ONE_ENTRY = ["inputs 0 with one channel"]  # with channels first: of one position
STOPS_PYTHON = {f"AdaptiveMaxPooling{rank}D": ONE_ENTRY for rank in (1, 2, 3)}

# Calls that nobody means, and that are neither refused by name nor computed as Keras does:
# {subject: {words: reason}}.
ANY_RANK = "Keras builds a layer for one number of axes; the function takes any"
ANY_SIZE = "Keras builds a layer for one size of images; the function takes any"
SCALES = "scales of one row, as quantize_int8 returns them"
LOWERED = {
    "padding='CAUSAL'": "padding is lowered, and the reference takes it as it is"
}
NOT_REFUSED = {
    "Conv3DTranspose": {
        "output_padding=0": "TensorFlow fails at it in 3D, JAX does not"
    },
    "patches": LOWERED,
    "window_entries": LOWERED,
    "AlphaDropout in training": {
        "inputs 0 with one axis more": "what is kept was drawn for the other shape"
    },
    "MultiHeadAttention": {
        f"weights: attention_output/kernel with axis 2 {words}": "of another output_shape"
        for words in ("twice", "of one")
    },
    **{
        f"Adaptive{kind}Pooling{rank}D": {"data_format='CHANNELS_FIRST'": LOWERED}
        for kind in ("Average", "Max")
        for rank in (1, 2, 3)
    },
    "BatchNormalization": {"inputs 0 with one axis more": ANY_RANK},
    "ConvLSTM2D": {"inputs 0 with a channel less": ANY_SIZE},
    "GroupNormalization": {
        "inputs 0 with one axis more": ANY_RANK,
        "weights: one too few": "none are those of a new layer",
        "weights: beta of None": "none are those of a new layer",
        "weights: gamma of None": "none are those of a new layer",
    },
    "Normalization": {
        "weights: one too few": "a config has mean and variance, without count",
        "inputs 0 without its last axis": ANY_RANK,
    },
    "PReLU": {
        f"weights: alpha with axis {axis} of one": "as a layer with shared_axes has it"
        for axis in range(3)
    },
    "int8_dense": {"inputs 2 with one axis more": SCALES},
    "lora_int8_dense": {"inputs 5 with one axis more": SCALES},
    "quantize_int4": {
        "block_size=2": "mends Keras: quantize_int4_without_zero computes as Keras does"
    },
    "UpSampling2D": {
        "interpolation='BICUBIC'": "TensorFlow rounds distances, as its docstring says"
    },
}

# Layers that Keras does not make of their own config: {name: reason}.
CONFIG_REFUSED = {
    "RandomShear": "Keras 3.15.1 writes (-0.5, 0.5) for 0.5, and takes no negative factor"
}
