"""BatchNormalization training: hints and solutions."""

# %%
# After each step, what lacks is ``m`` of what lacked before. A logarithm tells
# after how many steps ``1 - part`` is left. (Or count the steps in a loop.)


def steps_to(part, m):
    return int(np.ceil(np.log(1 - part) / np.log(m)))


for part, m in [(0.99, 0.99), (0.9, 0.9), (0.95, 0.8)]:
    moving = [0]
    for _ in range(steps_to(part, m)):
        moving.append(m * moving[-1] + (1 - m) * 1)
    assert moving[-2] <= part < moving[-1]
