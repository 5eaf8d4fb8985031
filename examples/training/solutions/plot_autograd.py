"""Autograd: hints and solutions."""

# %%
# ``__mul__`` notes a slope for each of its two numbers. What is the derivative
# of a / b if only a moves? And if only b moves?


def divided(a, b):
    slopes = [(a, 1 / b.number), (b, -a.number / b.number**2)]
    return Value(a.number / b.number, slopes)


for numbers in [(3, 2), (-5, 4), (7, -0.5)]:
    Value.tape.clear()  # of earlier tries, too
    a, b = map(Value, numbers)
    quotient = divided(a, b)
    (quotient * quotient).backward()  # a² / b²
    assert quotient.number == a.number / b.number
    assert np.isclose(a.gradient, 2 * a.number / b.number**2)
    assert np.isclose(b.gradient, -2 * a.number**2 / b.number**3)

# %%
# How much larger is ``a`` than ``b``, if it is larger? ``relu`` can say that.


def larger(a, b):
    difference = a + b * Value(-1)
    return b + difference.relu()  # b goes two ways: 1 - 1 = 0 where a is larger


for numbers in [(3, 2), (-5, 4), (-1, -2), (0, 7)]:
    Value.tape.clear()  # of earlier tries, too
    a, b = map(Value, numbers)
    value = larger(a, b)
    value.backward()
    slopes = [int(a.number > b.number), int(b.number > a.number)]
    assert [value.number, a.gradient, b.gradient] == [max(numbers), *slopes]
