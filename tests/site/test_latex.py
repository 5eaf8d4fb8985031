"""Lines of NumPy as LaTeX."""

import pytest

from gallery.latex import latex_of

WRITTEN = {
    "y = a - (b - c) + (d - e)": "y = a - (b - c) + d - e",
    "y = (a + b) * c": "y = (a + b) c",
    "y = a * (b + c)": "y = a (b + c)",
    "y = a * -b": "y = a (-b)",
    "y = -(a + b)": "y = -(a + b)",
    "y = (-a) ** 2": "y = (-a)^2",
    "y = (a * b) ** c": "y = (a b)^c",
    "y = (a**b) ** c": "y = (a^b)^c",
    "y = tanh(a) ** 2": r"y = (\tanh(a))^2",
    "y = (a / b) ** 2": r"y = \left( \frac{a}{b} \right)^2",
    "y = W_Q ** 2": "y = (W^Q)^2",
    "y = multiply(a, b) ** 2": r"y = (a \odot b)^2",
    "y = (a.T) ** 2": r"y = (a^\top)^2",
    "y = (A @ B).T": r"y = (A B)^\top",
    "y = -sum(a[i] for i in all) - b": r"y = -\sum_i a_i - b",
    "y = (a < b) * (c == (d < e))": "y = (a < b) (c = (d < e))",
    "y = a / (b * c)": r"y = \frac{a}{b c}",
    "y = a * (b / c)": r"y = a \frac{b}{c}",
    "y = x[a / (b / c)]": "y = x_{a / (b / c)}",
    "y = x[a * b / c**2]": "y = x_{a b / c^2}",
    "y = x[abs((a / b) ** 2)]": r"y = x_{\lvert (a / b)^2 \rvert}",
    "y = e ** (a / (b * c))": "y = e^{a / (b c)}",
    "y = x[(a + b) / c]": "y = x_{(a + b) / c}",
    "y = (a + b) // c": r"y = \lfloor (a + b) / c \rfloor",
    "y = ceil((a + b) / c)": r"y = \lceil (a + b) / c \rceil",
    "y = a * 2": r"y = a \cdot 2",
    "y = a * tanh(b) * sqrt(c)": r"y = a\, \tanh(b) \sqrt{c}",
    "y = cos(pi * a)": r"y = \cos(\pi a)",
    "y = abs(a) * norm(b)": r"y = \lvert a \rvert \lVert b \rVert",
    "y = dot(a + b, c)": r"y = (a + b) \cdot c",
    "y = multiply(a, b - c, d)": r"y = a \odot (b - c) \odot d",
    "y = f(sigma(maximum(a, b)), softmax(c))": (
        r"y = f(\sigma(\max(a, b)), \operatorname{softmax}(c))"
    ),
    "y = log(a / b) + log(c)": r"y = \log \frac{a}{b} + \log(c)",
    "y = log(sum(a[i] for i in all))": r"y = \log \sum_i a_i",
    "y = log(a / b) * c": r"y = \left( \log \frac{a}{b} \right) c",
    "y = a * where(b > c, b, c / d)": (
        r"y = a \begin{cases} b & b > c \\ \frac{c}{d} & \text{otherwise} \end{cases}"
    ),
    "y = W_Q[h] @ K[h - 1].T": r"y = W^Q_h K_{h - 1}^\top",
    "y = beta_1 * lambda_ - v_new": r"y = \beta_1 \lambda - v'",
    "y = W[k, c] * x[p]": r"y = W_{k, c}\, x_p",
    "y = sum(a[i] + b for i in all)": r"y = \sum_i (a_i + b)",
    "y = a - sum(a[i] * b[i] for i in all) * c": (
        r"y = a - \left( \sum_i a_i b_i \right) c"
    ),
    "y = a * sum(b[i] for i in all if i == c / d)": (r"y = a \sum_{i = c / d} b_i"),
    "y = max(x[k, c] for k, c in all)": r"y = \max_{k, c} x_{k, c}",
    "y = mean(x[i] for i in a for j in b if i < j <= n)": (
        r"y = \operatorname{mean}_{i < j \le n}\, x_i"
    ),
    "y = where(x > 0, x, where(x >= a, 0, b))": (
        r"y = \begin{cases} x & x > 0 \\ 0 & x \ge a \\ b & \text{otherwise} \end{cases}"
    ),
    "a, b = split(x + y, 2)\nz = a": "(a, b) &= x + y \\\\\nz &= a",
    "for t in all:\n    for i in all:\n        y[t] = a\n    z = b": (
        "y_t &= a \\\\\nz &= b"
    ),
    "y = (a\n    - b)": "y &= a \\\\\n&\\quad - b",
    "a @ b == c": "a b = c",
}
OTHERS = "y += a; y = z = a; y = a % b; y = +a; y = [a]; y = a.sum; y = f(a, n=b)"


@pytest.mark.parametrize("python", WRITTEN)
def test_numpy_is_written_as_latex(python):
    assert latex_of(python) == WRITTEN[python]


@pytest.mark.parametrize("python", OTHERS.split("; "))
def test_what_it_cannot_write_is_an_error(python):
    with pytest.raises(ValueError, match="no LaTeX for"):
        latex_of(python)
