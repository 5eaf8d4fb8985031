"""What people type, and the page that they want: the search finds it first."""

import collections
import json
import tomllib
from pathlib import Path

import pytest
from playwright.sync_api import expect
from project import HTML, PAGES

from gallery.functions import find_taught, plain
from gallery.paths import name_in, name_of
from gallery.scripts import read_title

TERMS = tomllib.loads(Path(__file__).with_name("search_terms.toml").read_text())
STEMS = {name.split("/")[-1].removesuffix(".html") for name in HTML}
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
    "recurrent neural network": "plot_simple_rnn",
    "lstm": "plot_lstm",
    "lstm gates": "plot_lstm_gates",
    "forget gate": "plot_lstm_forget_bias",
    "gru": "plot_gru",
    "reset_after": "plot_gru_reset_after",
    "return_sequences": "plot_rnn_outputs",
    "stateful lstm": "plot_rnn_states",
    "bidirectional lstm": "plot_bidirectional",
    "timedistributed": "plot_time_distributed",
    "convlstm2d": "plot_conv_lstm2d",
    "recurrent dropout": "plot_recurrent_dropout",
    "backpropagation through time": "plot_bptt_simple_rnn",
    "pytorch lstm": "plot_lstm_pytorch",
    "linear_before_reset": "plot_gru_onnx",
    "time series forecast": "plot_lstm_forecast",
    "char rnn": "plot_character_model",
    "word embedding": "plot_embedding",
    "tied weights": "plot_reversible_embedding",
    "mask_zero": "plot_mask_zero",
    "mask propagation": "plot_mask_travels",
    "batch norm": "plot_batch_normalization",
    "moving variance": "plot_batch_normalization_training",
    "batch norm backward": "plot_batch_normalization_gradient",
    "fold batch norm": "plot_batch_normalization_folding",
    "layer norm": "plot_layer_normalization",
    "rmsnorm": "plot_rms_normalization",
    "instance norm": "plot_group_normalization",
    "spectral norm": "plot_spectral_normalization",
    "attention": "plot_attention",
    "attention mask": "plot_attention_masks",
    "positional encoding": "plot_attention_positions",
    "self-attention": "plot_multi_head_attention",
    "attention_mask": "plot_multi_head_attention_masks",
    "in_proj_weight": "plot_multi_head_attention_pytorch",
    "grouped query attention": "plot_grouped_query_attention",
    "flash attention": "plot_flash_attention",
    "transformer": "plot_transformer_encoder",
    "gpt": "plot_gpt",
    "dropout": "plot_dropout",
    "gaussian noise": "plot_gaussian_noise",
    "residual connection": "plot_add",
    "skip connection": "plot_concatenate",
    "concat": "plot_concatenate",
    "cosine similarity": "plot_dot",
    "broadcasting layers": "plot_merging_broadcasting",
    "kerastensor": "plot_operators",
    "flatten layer": "plot_flatten",
    "reshape": "plot_reshape_permute",
    "permute": "plot_reshape_permute",
    "zeropadding2d": "plot_zero_padding",
    "cropping2d": "plot_cropping",
    "upsampling2d": "plot_up_sampling",
    "align_corners": "plot_up_sampling_bilinear",
    "prelu": "plot_prelu",
    "masked softmax": "plot_softmax_layer",
    "activation layer": "plot_activation_layer",
    "lambda layer": "plot_lambda",
    "nchw to nhwc weights": "plot_nchw_to_nhwc",
    "divide by 255": "plot_rescaling",
    "standardscaler": "plot_normalization",
    "one-hot encoding": "plot_category_encoding",
    "binning": "plot_discretization",
    "resize image": "plot_resizing",
    "letterbox": "plot_resizing_aspect_ratio",
    "bicubic": "plot_interpolation_kernels",
    "center crop": "plot_resizing_aspect_ratio",
    "data augmentation": "plot_random_layers",
    "stringlookup": "plot_string_lookup",
    "vocabulary": "plot_lookup_vocabulary",
    "tokenizer": "plot_text_vectorization",
    "ngrams": "plot_text_ngrams",
    "lenet": "plot_lenet",
    "resnet": "plot_resnet50",
    "inverted residual": "plot_mobilenet_v2",
    "segmentation": "plot_unet",
    "pos tagging": "plot_lstm_tagger",
    "nanogpt": "plot_gpt",
}
WANTED |= TERMS["names"] | TERMS["questions"] | TERMS["elsewhere"]

# A page of each kind, as the index of a site has them; "gru" is found in all of them.
LESSON, OTHER, REFERENCE, GLOSSARY = range(4)
SMALL = {
    "docnames": ["auto_examples/gru", "a_page", "reference/recurrent", "glossary"],
    "filenames": ["gru.rst", "a_page.rst", "recurrent.rst", "glossary.rst"],
    "titles": ["GRU: a layer", "A page", "Recurrent layers", "Glossary"],
    "alltitles": {},
    "indexentries": {"gru": [[LESSON, "", True], [GLOSSARY, "term-gru", True]]},
    "objects": {},
    "objnames": {"0": ["py", "function", "Python function"]},
    "terms": {"gru": [LESSON, OTHER, REFERENCE, GLOSSARY], "word": OTHER},
    "titleterms": {},
}
ENTRIES = {  # how the reference may tell of its own
    "the title of a section": {"alltitles": {"LSTM, GRU": [[REFERENCE, "gru"]]}},
    "an index entry": {
        "indexentries": {
            "gru": [*SMALL["indexentries"]["gru"], [REFERENCE, "gru", False]]
        }
    },
    "an object": {"objects": {"recurrent": [[REFERENCE, 0, 1, "gru", "GRU"]]}},
}


@pytest.fixture(scope="module")
def search_page(module_tab, address):
    module_tab.goto(f"{address}/search.html")  # once: loading the index takes longest
    module_tab.evaluate("DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false")
    return module_tab


def search(tab, typed):
    """Type this; return the status and where what was found leads, best first."""
    tab.evaluate(
        """typed => {
          document.getElementById("search-results").replaceChildren();
          Search.performSearch(typed);
        }""",
        typed,
    )
    expect(tab.locator("#search-results h2")).to_have_text("Search Results")
    links = tab.locator("#search-results li a")
    found = links.evaluate_all("links => links.map(link => link.getAttribute('href'))")
    return tab.locator(".search-summary").inner_text(), found


def rank(tab, typed, index="Search._index"):
    """Return where what the search finds leads, best first, without showing it."""
    return tab.evaluate(
        f"""typed => {{
          const index = Search._index;
          Search._index = {index};
          const found = Search._performSearch(typed);
          Search._index = index;
          return found.reverse().map(([page, , anchor]) => page + anchor);
        }}""",
        typed,
    )


@pytest.mark.parametrize("typed, stem", WANTED.items(), ids=WANTED)
def test_the_page_that_is_wanted_comes_first(search_page, typed, stem):
    assert stem in STEMS
    assert rank(search_page, typed)[0].split("/")[-1] == stem


def test_what_is_found_is_shown_in_this_order(search_page):
    status, found = search(search_page, "leaky relu")
    assert "pages matching" in status
    ranked = rank(search_page, "leaky relu")
    assert [link.replace(".html", "") for link in found] == ranked
    assert ranked[0] == "auto_examples/activations/plot_leaky_relu"


@pytest.mark.parametrize("typed", TERMS["nothing"])
def test_what_the_site_does_not_have_is_said_to_be_nothing(search_page, typed):
    status, found = search(search_page, typed)
    assert status == "Nothing on this site has all of these words."
    assert found == []


def test_a_name_of_keras_finds_its_lesson_first(search_page):
    """That of its function, or another one with the name in its title."""
    lessons = collections.defaultdict(set)
    for (_, thing), page in find_taught().items():
        lessons[thing.lower()].add(page)
    assert len(lessons) > 150
    titles = {name_of(page): read_title(page) for page in PAGES}
    for name, pages in lessons.items():
        first = rank(search_page, name)[0]
        assert (page := name_in(first)), f"{name} finds {first}"
        assert page in pages or plain(name) in plain(titles[page]), f"{name}: {page}"


@pytest.mark.parametrize("typed", ["GRU", "gru", "keras.layers.GRU", " nn.GRU "])
@pytest.mark.parametrize("told", ENTRIES.values(), ids=ENTRIES)
def test_a_name_finds_its_lesson_then_its_entry_in_the_reference(
    search_page, told, typed
):
    found = rank(search_page, typed, json.dumps(SMALL | told))
    assert found[:2] == ["auto_examples/gru", "reference/recurrent#gru"]


@pytest.mark.parametrize("typed", ["load_model", "Comparison", "keras-by-hand show"])
def test_what_runs_whole_models_is_found_in_the_reference(search_page, typed):
    assert rank(search_page, typed)[0].startswith("reference/models#")


def test_all_words_are_on_a_page_that_is_found(search_page):
    index = json.dumps(SMALL)
    assert rank(search_page, "gru word", index) == ["a_page"]
    assert rank(search_page, "gru nowhere", index) == []
    assert rank(search_page, "the gru", index)[0] == "auto_examples/gru"


def test_the_alphabet_does_not_decide(search_page):
    """Of pages that are alike, that comes first whose title says the least besides."""
    titles = ["A page about GRU and more", "B page, GRU", "Z GRU", "Y page about GRU"]
    index = json.dumps(SMALL | {"titles": titles, "indexentries": {}})
    found = rank(search_page, "gru", index)
    assert found[:2] == ["reference/recurrent", "a_page"]
