"""What people type, and the page that they want: the search finds it first."""

import pytest
from playwright.sync_api import expect
from project import PAGES

WANTED = {
    "backprop": "plot_backpropagation",
    "chain rule": "plot_backpropagation",
    "gradient check": "plot_gradient_check",
    "leaky relu": "plot_leaky_relu",
    "swish": "plot_silu",
    "selu": "plot_selu",
    "gelu": "plot_gelu",
    "hard sigmoid": "plot_hard_sigmoid",
    "log softmax": "plot_softmax",
    "custom activation": "plot_custom_activation",
    "cross entropy gradient": "plot_softmax_cross_entropy",
    "label smoothing": "plot_categorical_crossentropy",
    "sparse categorical crossentropy": "plot_sparse_categorical_crossentropy",
    "log loss": "plot_binary_crossentropy",
    "from_logits": "plot_from_logits",
    "huber loss": "plot_huber",
    "sample_weight": "plot_sample_weights",
    "momentum": "plot_sgd",
    "nesterov": "plot_nesterov",
    "rmsprop": "plot_rmsprop",
    "adam": "plot_adam",
    "weight decay": "plot_adamw",
    "gradient clipping": "plot_gradient_clipping",
    "freeze layers": "plot_frozen_layers",
    "xavier": "plot_initializers",
    "he normal": "plot_initializers",
    "random seed": "plot_seeds",
    "l2 regularization": "plot_regularizers",
    "max norm": "plot_norm_constraints",
    "number of parameters": "plot_count_params",
    "get_config": "plot_config",
    "masking": "plot_masks",
    "mixed precision": "plot_mixed",
    "bfloat16": "plot_sixteen_bits",
    "loss scaling": "plot_loss_scaling",
    "tf32": "plot_tf32",
    "lora": "plot_lora",
    "merge lora": "plot_lora_saving",
    "int8 quantization": "plot_int8",
    "fp8": "plot_float8",
    "gptq": "plot_gptq",
    "awq": "plot_awq",
    "tflite": "plot_scales",
    "keras without tensorflow": "plot_predict_without_keras",
    ".weights.h5": "plot_weights_file",
    "tolerance": "plot_what_equal_means",
    "different results": "plot_same_model_different_bits",
    "conv2d": "plot_conv2d",
    "convolution": "plot_conv2d",
    "conv1d": "plot_conv_any_rank",
    "same padding": "plot_conv2d_padding",
    "causal convolution": "plot_causal_conv1d",
    "receptive field": "plot_causal_conv1d",
    "atrous convolution": "plot_dilated_conv",
    "grouped convolution": "plot_grouped_conv",
    "nchw": "plot_channels_first",
    "depthwise convolution": "plot_depthwise_conv",
    "separable convolution": "plot_separable_conv",
    "conv2dtranspose": "plot_conv_transpose",
    "deconvolution": "plot_conv_transpose_matrix",
    "checkerboard artifacts": "plot_conv_transpose_checkerboard",
    "convolution backward": "plot_conv_gradient",
    "keras to pytorch": "plot_conv_to_pytorch",
    "pytorch to keras": "plot_conv_from_pytorch",
    "edge detection": "plot_photograph_filters",
    "max pooling": "plot_max_pooling",
    "average pooling": "plot_average_pooling",
    "global average pooling": "plot_global_pooling",
    "adaptive pooling": "plot_adaptive_pooling",
}


@pytest.mark.parametrize("typed, stem", WANTED.items(), ids=WANTED)
def test_the_page_that_is_wanted_comes_first(tab, address, typed, stem):
    assert stem in {page.stem for page in PAGES}
    tab.goto(f"{address}/search.html?q={typed.replace(' ', '+')}")
    first = tab.locator("#search-results li a").first
    expect(first).to_be_visible()
    assert first.get_attribute("href").split("/")[-1].startswith(f"{stem}.html")
