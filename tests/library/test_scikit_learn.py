"""Where scikit-learn computes what Keras does, another library says the same; where it says
something else, a test says why."""

import numpy as np
import pytest
from sklearn import metrics

import keras_by_hand

DRAW = np.random.default_rng(313)
SAMPLES, CLASSES = 60, 4
WEIGHT = DRAW.uniform(0.1, 2, SAMPLES)
# Of two classes; the scores lie in the middle between Keras' thresholds.
IS_TRUE = DRAW.integers(2, size=SAMPLES)
SCORES = (DRAW.permutation(199)[:SAMPLES] + 0.5) / 199
FOUND = (SCORES > 0.5).astype(float)
# Of several classes.
LABELS = DRAW.integers(CLASSES, size=SAMPLES)
PROBABILITIES = DRAW.dirichlet(np.ones(CLASSES), SAMPLES)
ONE_HOT, GUESS = np.eye(CLASSES)[LABELS], np.argmax(PROBABILITIES, axis=-1)
GUESS_ONE_HOT = np.eye(CLASSES)[GUESS]
# Of regressions, with two outputs.
TARGET, OUTPUT = DRAW.uniform(0.5, 3, (2, SAMPLES, 2))
EPSILON = 1e-5  # Keras adds 1e-7 to divisors, and clips what logarithms are taken of


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["unweighted", "weighted"])
@pytest.mark.parametrize(
    "name, ours, theirs",
    [
        ("auc", (IS_TRUE, SCORES), metrics.roc_auc_score),
        ("precision_metric", (IS_TRUE, SCORES), "precision_score"),
        ("recall_metric", (IS_TRUE, SCORES), "recall_score"),
        ("binary_accuracy_metric", (IS_TRUE, SCORES), "accuracy_score"),
        ("accuracy_metric", (LABELS, GUESS), metrics.accuracy_score),
        ("mean_squared_error_metric", (TARGET, OUTPUT), metrics.mean_squared_error),
        ("mean_absolute_error_metric", (TARGET, OUTPUT), metrics.mean_absolute_error),
        ("r2_score", (TARGET, OUTPUT), metrics.r2_score),
        (
            "mean_squared_logarithmic_error_metric",
            (TARGET, OUTPUT),
            metrics.mean_squared_log_error,
        ),
    ],
)
def test_a_metric_is_equal(name, ours, theirs, weight):
    found = getattr(keras_by_hand, name)(*ours, weight)
    if isinstance(theirs, str):  # it takes what is found, in the place of scores
        theirs, ours = getattr(metrics, theirs), (IS_TRUE, FOUND)
    expected = theirs(*ours, sample_weight=weight)
    np.testing.assert_allclose(found, expected, rtol=EPSILON)


@pytest.mark.parametrize("average", [None, "micro", "macro", "weighted"])
@pytest.mark.parametrize("beta", [0.5, 2])
def test_f_scores_are_equal(average, beta):
    found = keras_by_hand.fbeta_score(
        ONE_HOT, PROBABILITIES, WEIGHT, average=average, beta=beta
    )
    expected = metrics.fbeta_score(
        LABELS, GUESS, beta=beta, average=average, sample_weight=WEIGHT
    )
    np.testing.assert_allclose(found, expected, rtol=EPSILON)


@pytest.mark.parametrize("average", ["macro", None])
def test_ious_are_jaccard_scores(average):
    classes = list(range(CLASSES))
    expected = metrics.jaccard_score(LABELS, GUESS, average=average)
    for number in classes if average is None else [classes]:
        found = keras_by_hand.iou(
            LABELS, GUESS, num_classes=CLASSES, target_class_ids=np.ravel(number)
        )
        wanted = expected if average else expected[number]
        np.testing.assert_allclose(found, wanted, rtol=EPSILON)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_top_k_accuracies_are_equal_without_ties(k):
    found = keras_by_hand.sparse_top_k_categorical_accuracy_metric(
        LABELS, PROBABILITIES, WEIGHT, k=k
    )
    expected = metrics.top_k_accuracy_score(
        LABELS, PROBABILITIES, k=k, sample_weight=WEIGHT
    )
    np.testing.assert_allclose(found, expected)


def test_of_ties_keras_counts_all_and_scikit_learn_the_last_ones():
    tied = np.full((3, 3), 1 / 3)
    found = keras_by_hand.sparse_top_k_categorical_accuracy([0, 1, 2], tied, k=1)
    np.testing.assert_array_equal(found, [1, 1, 1])
    assert metrics.top_k_accuracy_score([0, 1, 2], tied, k=1) == 1 / 3


@pytest.mark.parametrize(
    "name, labels",
    [
        ("categorical_crossentropy", ONE_HOT),
        ("sparse_categorical_crossentropy", LABELS),
        ("kl_divergence", ONE_HOT),  # to what is certain
    ],
)
def test_crossentropies_are_log_losses(name, labels):
    found = np.mean(getattr(keras_by_hand, name)(labels, PROBABILITIES))
    expected = metrics.log_loss(LABELS, PROBABILITIES)
    np.testing.assert_allclose(found, expected, rtol=EPSILON)


def test_binary_crossentropy_is_log_loss():
    columns = IS_TRUE[:, np.newaxis], SCORES[:, np.newaxis]
    found = keras_by_hand.binary_crossentropy_metric(*columns, WEIGHT)
    expected = metrics.log_loss(IS_TRUE, SCORES, sample_weight=WEIGHT)
    np.testing.assert_allclose(found, expected, rtol=EPSILON)


def test_hinge_is_hinge_loss():
    margins = 4 * SCORES - 2
    columns = IS_TRUE[:, np.newaxis], margins[:, np.newaxis]
    found = np.mean(keras_by_hand.hinge(*columns))
    np.testing.assert_allclose(found, metrics.hinge_loss(IS_TRUE, margins))


def test_cosine_similarity_is_of_pairs():
    found = keras_by_hand.cosine_similarity(TARGET, OUTPUT)
    expected = -np.diag(metrics.pairwise.cosine_similarity(TARGET, OUTPUT))
    np.testing.assert_allclose(found, expected, rtol=EPSILON)


def test_averages_of_r2_scores_weigh_by_variance():
    expected = metrics.r2_score(TARGET, OUTPUT, multioutput="variance_weighted")
    found = keras_by_hand.r2_score(
        TARGET, OUTPUT, class_aggregation="variance_weighted_average"
    )
    np.testing.assert_allclose(found, expected)


def test_keras_sees_no_order_between_two_of_its_thresholds():
    """Scikit-learn compares the ranks of all scores."""
    expected = metrics.roc_auc_score(IS_TRUE, SCORES)
    assert metrics.roc_auc_score(IS_TRUE, SCORES / 200) == expected
    assert keras_by_hand.auc(IS_TRUE, SCORES / 200) == 0.5


def test_keras_joins_precisions_by_a_curve_and_scikit_learn_by_steps():
    """So the area is not the average precision, and lies near the sum of trapezoids."""
    steps = metrics.average_precision_score(IS_TRUE, SCORES)
    precision, recall, _ = metrics.precision_recall_curve(IS_TRUE, SCORES)
    area = keras_by_hand.auc(IS_TRUE, SCORES, curve="PR")
    assert abs(area - metrics.auc(recall, precision)) < 0.01
    assert abs(area - steps) > EPSILON


def test_a_class_that_never_occurs_has_no_part_in_a_mean_of_ious():
    """Scikit-learn leaves it out, too, unless it is among the labels."""
    labels, guess = np.array([0, 1, 1]), np.array([0, 1, 0])
    found = keras_by_hand.mean_iou(labels, guess, num_classes=3)
    np.testing.assert_allclose(
        found, metrics.jaccard_score(labels, guess, average="macro")
    )
    told = metrics.jaccard_score(
        labels, guess, average="macro", labels=[0, 1, 2], zero_division=0
    )
    np.testing.assert_allclose(told, found * 2 / 3)
