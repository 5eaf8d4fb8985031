#include <stdio.h>

#include "golden.h" // weights and inputs, as float

enum { INPUTS = 4, HIDDEN = 3, OUTPUTS = 2 };

static void dense(const float *x, int inputs, const float *kernel,
                  const float *bias, float *y, int units)
{
    for (int j = 0; j < units; j++) {
        y[j] = bias[j];
        for (int i = 0; i < inputs; i++)
            y[j] += x[i] * kernel[i * units + j];
    }
}

static void print(const char *name, const float *y, int count)
{
    printf("%s:", name);
    for (int i = 0; i < count; i++)
        printf(" %.9g,", y[i]);
    printf("\n");
}

int main(void)
{
    for (int sample = 0; sample < hidden_input_shape[0]; sample++) {
        const float *x = hidden_input + sample * INPUTS;
        float hidden[HIDDEN], last[OUTPUTS];

        dense(x, INPUTS, hidden_kernel, hidden_bias, hidden, HIDDEN);
        for (int j = 0; j < HIDDEN; j++)
            hidden[j] = hidden[j] > 0 ? hidden[j] : 0;
        print("hidden", hidden, HIDDEN);

        dense(hidden, HIDDEN, last_kernel, last_bias, last, OUTPUTS);
        print("last", last, OUTPUTS);
    }
}
