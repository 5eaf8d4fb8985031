/* A port in C of the model in test_compiled_port.py: plain loops over the arrays
   that `keras-by-hand dump` wrote into golden.h. It prints the name of each layer
   and its numbers. */
#include <math.h>
#include <stdio.h>
#include "golden.h"

enum { SAMPLES = 2, STEPS = 5, INPUTS = 3, WIDTH = 4, UNITS = 3, HEADS = 2, HEAD = 3 };
enum { BOTH = 2 * UNITS, FIRST = 4, SECOND = 3, CLASSES = 2 };

static float sigmoid(float x) { return 1 / (1 + expf(-x)); }

static void print(const char *name, const float *y, int size) {
    printf("%s", name);
    for (int i = 0; i < size; i++) printf(" %.9g", y[i]);
    printf("\n");
}

/* y = x @ kernel + bias */
static void dense(const float *x, int n, const float *kernel, const float *bias,
                  float *y, int m) {
    for (int j = 0; j < m; j++) {
        y[j] = bias ? bias[j] : 0;
        for (int i = 0; i < n; i++) y[j] += x[i] * kernel[i * m + j];
    }
}

/* One step: the gates lie behind each other, as input, forget, candidate, output. */
static void lstm(const float *x, int n, const float *kernel, const float *recurrent,
                 const float *bias, float *h, float *c, int units) {
    float z[4 * 8], old[4 * 8];
    dense(x, n, kernel, bias, z, 4 * units);
    dense(h, units, recurrent, 0, old, 4 * units);
    for (int i = 0; i < 4 * units; i++) z[i] += old[i];
    for (int u = 0; u < units; u++) {
        c[u] = sigmoid(z[units + u]) * c[u] + sigmoid(z[u]) * tanhf(z[CANDIDATE * units + u]);
        h[u] = sigmoid(z[(5 - CANDIDATE) * units + u]) * tanhf(c[u]);
    }
}

/* One step: update, reset, candidate; the second bias belongs to the old state. */
static void gru(const float *x, int n, const float *kernel, const float *recurrent,
                const float *bias, float *h, int units) {
    float a[3 * 8], b[3 * 8];
    dense(x, n, kernel, bias, a, 3 * units);
    dense(h, units, recurrent, bias + SECOND_BIAS * 3 * units, b, 3 * units);
    for (int u = 0; u < units; u++) {
        float update = sigmoid(a[u] + b[u]);
        float reset = sigmoid(a[units + u] + b[units + u]);
        float candidate = tanhf(a[2 * units + u] + reset * b[2 * units + u]);
        h[u] = update * h[u] + (1 - update) * candidate;
    }
}

static float wide[SAMPLES][STEPS][WIDTH], both[SAMPLES][STEPS][BOTH];
static float seen[SAMPLES][STEPS][BOTH], last[SAMPLES][SECOND], y[SAMPLES][CLASSES];

/* Each head asks with its query, and adds up the values by softmax of the scores. */
static void attend(const float x[STEPS][BOTH], float y[STEPS][BOTH]) {
    float q[STEPS][HEADS * HEAD], k[STEPS][HEADS * HEAD], v[STEPS][HEADS * HEAD];
    for (int t = 0; t < STEPS; t++) {
        dense(x[t], BOTH, heads_query_kernel, heads_query_bias, q[t], HEADS * HEAD);
        dense(x[t], BOTH, heads_key_kernel, heads_key_bias, k[t], HEADS * HEAD);
        dense(x[t], BOTH, heads_value_kernel, heads_value_bias, v[t], HEADS * HEAD);
    }
    for (int t = 0; t < STEPS; t++) {
        float joined[HEADS * HEAD] = {0};
        for (int h = 0; h < HEADS; h++) {
            float weight[STEPS], sum = 0;
            for (int s = 0; s < STEPS; s++) {
                float score = 0;
                for (int d = 0; d < HEAD; d++)
                    score += q[t][h * HEAD + d] * k[s][h * HEAD + d];
                sum += weight[s] = expf(score / sqrtf(HEAD));
            }
            for (int s = 0; s < STEPS; s++)
                for (int d = 0; d < HEAD; d++)
                    joined[h * HEAD + d] += weight[s] / sum * v[s][h * HEAD + d];
        }
        dense(joined, HEADS * HEAD, heads_output_kernel, heads_output_bias, y[t], BOTH);
    }
}

int main(void) {
    for (int n = 0; n < SAMPLES; n++) {
        const float *x = steps_input + n * STEPS * INPUTS;
        for (int t = 0; t < STEPS; t++) {
            dense(x + t * INPUTS, INPUTS, steps_dense_kernel, steps_dense_bias,
                  wide[n][t], WIDTH);
            for (int i = 0; i < WIDTH; i++) wide[n][t][i] = fmaxf(wide[n][t][i], 0);
        }
        float h[UNITS] = {0}, c[UNITS] = {0}, back_h[UNITS] = {0}, back_c[UNITS] = {0};
        for (int t = 0; t < STEPS; t++) {
            int back = STEPS - 1 - t;
            lstm(wide[n][t], WIDTH, both_forward_lstm_kernel,
                 both_forward_lstm_recurrent_kernel, both_forward_lstm_bias, h, c, UNITS);
            lstm(wide[n][back], WIDTH, both_backward_lstm_kernel,
                 both_backward_lstm_recurrent_kernel, both_backward_lstm_bias, back_h,
                 back_c, UNITS);
            for (int u = 0; u < UNITS; u++) {
                both[n][t][u] = h[u];
                both[n][back][UNITS + u] = back_h[u];
            }
        }
        attend(both[n], seen[n]);
        float first[FIRST] = {0}, second_h[SECOND] = {0}, second_c[SECOND] = {0};
        for (int t = 0; t < STEPS; t++) {
            gru(seen[n][t], BOTH, last_cells_first_kernel,
                last_cells_first_recurrent_kernel, last_cells_first_bias, first, FIRST);
            lstm(first, FIRST, last_cells_second_kernel,
                 last_cells_second_recurrent_kernel, last_cells_second_bias, second_h,
                 second_c, SECOND);
        }
        for (int u = 0; u < SECOND; u++) last[n][u] = second_h[u];
        dense(last[n], SECOND, classes_kernel, classes_bias, y[n], CLASSES);
    }
    print("steps", &wide[0][0][0], SAMPLES * STEPS * WIDTH);
    print("both", &both[0][0][0], SAMPLES * STEPS * BOTH);
    print("heads", &seen[0][0][0], SAMPLES * STEPS * BOTH);
    print("last", &last[0][0], SAMPLES * SECOND);
    print("classes", &y[0][0], SAMPLES * CLASSES);
    return 0;
}
