"""Metrics: one number of all samples, or of a state that adds up over batches.

means.py: of values; of_losses.py: of losses, and of errors; accuracy.py: of
what is right; counts.py: true and false positives, precision, recall;
curves.py: AUC, and one rate at another; f_scores.py; overlap.py: IoU;
regression.py: R2 and correlations.

hinge_metric(y_true, y_pred, sample_weight) is the number of all samples. Where
they come in batches, xxx_state is what Keras keeps of one of them, by its
names, add_states that of several, and xxx_result the number. A new state is as
after Keras' reset. Metrics that are means of a function share mean_state:
mean_state(hinge(y_true, y_pred), sample_weight). A mask is a weight of 0 and 1.
"""
