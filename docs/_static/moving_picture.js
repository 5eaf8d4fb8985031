// Pictures to touch, in the place of a page's figure. They compute here, from the numbers
// that the page ran with. Arrays show each entry beside those that made it; drawings have
// sliders and fields.
"use strict";

const LARGEST = 9999; // what a cell has room for

function create(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// A field for a number. What is no number is not set, but answered with what is allowed;
// when the field is left, it shows the number that holds.
function createNumber(label, name, get, set, say) {
  const input = create("input", { type: "text", inputMode: "decimal", autocomplete: "off" });
  input.ariaLabel = label;
  input.oninput = () => {
    const value = Number(input.value.replace("−", "-"));
    const valid = input.value.trim() !== "" && Math.abs(value) <= LARGEST;
    input.setAttribute("aria-invalid", !valid);
    if (valid) set(value);
    else say(`${name} takes numbers from −${LARGEST} to ${LARGEST}, such as 7 or −2.5`);
  };
  input.restore = input.onblur = () => {
    input.value = short(get());
    input.setAttribute("aria-invalid", false);
  };
  input.restore();
  return input;
}

// Few digits, and none that come from binary rounding.
const short = (value) => String(Number(value.toPrecision(5)));
const full = (value) => String(Number(value.toPrecision(12))).replace("-", "−");
const inBrackets = (value) => (value < 0 ? `(${full(value)})` : full(value));
const rounded = (value) => Number(value.toFixed(2));

// Of two lists: the sum of the products, and how it is written out.
const dot = (a, b) => a.reduce((soFar, value, i) => soFar + value * b[i], 0);
const written = (a, b) => a.map((value, i) => [value, b[i]].map(inBrackets).join(" × ")).join(" + ");

// Where the entries of a row are, and those of an array
const placesOf = (list, row) => list.map((_, column) => [row, column]);
const allOf = (array) => array.flatMap(placesOf);

// Along one axis of an image: how many windows there are, where entry u of window i is, and
// from where to where the image reaches with its zeros.
function windows(size, length, { strides = 1, dilation_rate = 1, padding }) {
  const span = dilation_rate * (length - 1) + 1;
  const same = padding === "same";
  const count = Math.ceil((same ? size : size - span + 1) / strides);
  const zeros = same ? Math.max(0, (count - 1) * strides + span - size) : 0;
  const before = Math.floor(zeros / 2);
  const at = (i, u) => i * strides + u * dilation_rate - before;
  return { count, at, from: -before, to: size + zeros - before };
}

// A layer tells what readers can choose, [{label: arguments}, ...]; the shapes and labels of
// its outputs; for an entry of them, its value, how it is written out, and the entries that
// made it, directly and indirectly; which entry of y is shown first; and which entry, [name,
// row, column], when another array is touched.

// Of layers whose y adds up products of pairs of entries of x and W, and an entry of b
const PRODUCTS = {
  choices: [],
  first: [3, Infinity],
  labels({ b }) {
    return { y: b ? `${this.formula} + b` : this.formula };
  },
  entry(data, chosen, name, row, column) {
    const pairs = this.pairs(data, row, column, chosen);
    const made = { x: pairs.map((pair) => pair[0]), W: pairs.map((pair) => pair[1]) };
    const [x, W] = ["x", "W"].map((name) => made[name].map(([i, j]) => data[name][i]?.[j] ?? 0));
    let total = dot(x, W);
    let text = written(x, W);
    if (data.b) {
      made.b = [[0, this.bias(column)]];
      total += data.b[0][this.bias(column)];
      text += ` + ${inBrackets(data.b[0][this.bias(column)])}`;
    }
    return { value: total, text: `y[${row}, ${column}] = ${text} = ${full(total)}`, made };
  },
};

const LAYERS = {
  dense: {
    ...PRODUCTS,
    formula: "x W",
    shapes: ({ x, W }) => ({ y: [x.length, W[0].length] }),
    pairs: ({ W }, row, column) => W.map((_, feature) => [[row, feature], [feature, column]]),
    bias: (column) => column,
    touched: ([, shownRow, shownColumn], row, column) => ({
      x: ["y", row, shownColumn],
      W: ["y", shownRow, column],
      b: ["y", shownRow, column],
    }),
  },
  convolution: {
    ...PRODUCTS,
    formula: "conv(x, W)",
    choices: [
      { "strides=1": {}, "strides=2": { strides: 2 }, "dilation_rate=2": { dilation_rate: 2 } },
      { 'padding="valid"': { padding: "valid" }, 'padding="same"': { padding: "same" } },
    ],
    axes: ({ x, W }, chosen) => [
      windows(x.length, W.length, chosen),
      windows(x[0].length, W[0].length, chosen),
    ],
    shapes(data, chosen) {
      return { y: this.axes(data, chosen).map((axis) => axis.count) };
    },
    padded: (data, chosen) => ({ x: LAYERS.convolution.axes(data, chosen) }), // with zeros
    pairs(data, row, column, chosen) {
      const [down, across] = this.axes(data, chosen);
      return allOf(data.W).map(([u, v]) => [[down.at(row, u), across.at(column, v)], [u, v]]);
    },
    bias: () => 0,
    touched: (shown) => ({ x: shown, W: shown, b: shown }),
  },
  attention: {
    choices: [{ "scale=1": {}, "scale=1/√d": { scaled: true } }],
    first: [2, 1],
    shapes: ({ query, key, value }) => ({
      weights: [query.length, key.length],
      y: [query.length, value[0].length],
    }),
    labels: ({ query }, { scaled }) => ({
      weights: `softmax(query keyᵀ${scaled ? ` / √${query[0].length}` : ""})`,
      y: "weights value",
    }),
    entry({ query, key, value }, { scaled }, name, row, column) {
      const divisor = scaled ? query[row].length : 1;
      const scores = key.map((features) => dot(query[row], features) / Math.sqrt(divisor));
      const powers = scores.map((score) => Math.exp(score - Math.max(...scores)));
      const sum = powers.reduce((soFar, power) => soFar + power);
      const weights = powers.map((power) => power / sum);
      const indirect = { query: placesOf(query[row], row), key: allOf(key) };
      const start = `${name}[${row}, ${column}] =`;
      if (name === "weights") {
        const product = written(query[row], key[column]);
        const score = scaled ? `(${product}) / √${divisor}` : product;
        const terms = scores.map((score) => `e^${inBrackets(score)}`);
        const value = rounded(weights[column]);
        const text = `score: query[${row}] · key[${column}] = ${score} = ${full(scores[column])}
${start} ${terms[column]} / (${terms.join(" + ")}) ≈ ${value}`;
        const made = { query: indirect.query, key: placesOf(key[column], column) };
        return { value, text, made, indirect };
      }
      const values = value.map((units) => units[column]);
      const total = rounded(dot(weights, values));
      const text = `${start} ${written(weights.map(rounded), values)} ≈ ${full(total)}`;
      const made = { weights: placesOf(weights, row), value: values.map((_, i) => [i, column]) };
      return { value: total, text, made, indirect };
    },
    touched: ([name, shownRow, shownColumn], row, column) => ({
      query: [name, row, shownColumn],
      key: ["weights", shownRow, row],
      value: ["y", shownRow, column],
    }),
  },
};

function showArrays(place, layer) {
  const load = () => JSON.parse(place.dataset.numbers); // {x, W}, or with b, or {query, ...}
  const atFirst = JSON.parse(place.dataset.chosen); // such as ["strides=2"]
  const data = load();
  const inputs = Object.keys(data);
  const arrays = {};
  const cells = {};
  const sum = create("output");
  const selects = layer.choices.map((choice) => {
    const options = Object.keys(choice).map((label) => create("option", {}, label));
    const label = Object.keys(choice)[0].split("=")[0];
    return create("select", { ariaLabel: label, onchange: replaceOutputs }, ...options);
  });
  let zeros = []; // around x: [cell, row, column]
  let shown = ["y", ...layer.first];
  let largest = 0;

  const choose = () =>
    selects.forEach((select, i) => (select.value = atFirst[i] ?? select[0].value));
  const chosen = () =>
    Object.assign({}, ...selects.map((select, i) => layer.choices[i][select.value]));
  const say = (text) => (sum.textContent = text);
  const entry = (...at) => layer.entry(data, chosen(), ...at);

  function each(name, visit) {
    cells[name].forEach((line, row) => line.forEach((cell, column) => visit(cell, row, column)));
  }

  function render() {
    const { text, made, indirect = {} } = entry(...shown);
    made[shown[0]] = [shown.slice(1)];
    for (const name in cells) {
      const [marked, others] = [made, indirect].map((of) => new Set(of[name]?.map(String)));
      each(name, (cell, row, column) => {
        const value = data[name]?.[row][column] ?? entry(name, row, column).value;
        if (!data[name]) cell.textContent = short(value);
        cell.classList.toggle("made", marked.has(`${row},${column}`));
        cell.classList.toggle("indirect", others.has(`${row},${column}`));
        cell.classList.toggle("negative", value < 0);
        cell.style.setProperty("--size", Math.min(1, Math.sqrt(Math.abs(value) / largest)));
      });
    }
    const window = made.x?.map(String);
    for (const [cell, ...at] of zeros) cell.classList.toggle("made", window.includes(`${at}`));
    const labels = layer.labels(data, chosen());
    for (const name in labels) {
      const label = `${name} = ${labels[name]}`;
      arrays[name].firstChild.textContent = arrays[name].ariaLabel = label;
    }
    say(text);
  }

  function select(name, row, column) {
    shown = layer.touched(shown, row, column)[name] ?? [name, row, column];
    render();
  }

  // An array is one stop of the Tab key; inside it, the arrow keys move.
  function focused(name, row, column) {
    each(name, (cell) => (cell.tabIndex = -1));
    cells[name][row][column].tabIndex = 0;
    if (data[name]) cells[name][row][column].select();
    select(name, row, column);
  }

  function pressed(event, name, row, column) {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    cells[name][row + step[0]]?.[column + step[1]]?.focus();
  }

  function createCell(name, row, column) {
    const set = (value) => {
      data[name][row][column] = value;
      render();
    };
    const label = `${name}[${name === "b" ? column : `${row}, ${column}`}]`;
    const cell = data[name]
      ? createNumber(label, name, () => data[name][row][column], set, say)
      : create("button", { type: "button" });
    cell.tabIndex = row + column === 0 ? 0 : -1;
    cell.onfocus = () => focused(name, row, column);
    cell.onkeydown = (event) => pressed(event, name, row, column);
    if (!data[name]) {
      cell.onpointerenter = () => select(name, row, column);
      cell.onclick = () => cell.focus(); // Safari does not focus what is clicked
    }
    return cell;
  }

  function createZero(row, column) {
    const cell = create("span", { className: "zero", ariaHidden: "true" }, "0");
    zeros.push([cell, row, column]);
    return cell;
  }

  function createArray(name, rows, columns, padded) {
    cells[name] = Array.from({ length: rows }, (_, row) =>
      Array.from({ length: columns }, (_, column) => createCell(name, row, column))
    );
    const array = create("div", { className: `array array-${name}`, role: "group" });
    const [down, across] = padded ?? [rows, columns].map((to) => ({ from: 0, to }));
    array.style.setProperty("--columns", across.to - across.from);
    array.ariaLabel = name;
    array.append(create("span", { className: "name", ariaHidden: "true" }, name));
    for (let row = down.from; row < down.to; row++)
      for (let column = across.from; column < across.to; column++)
        array.append(cells[name][row]?.[column] ?? createZero(row, column));
    arrays[name]?.replaceWith(array);
    arrays[name] = array;
  }

  function createOutputs() {
    const padded = layer.padded?.(data, chosen());
    zeros = [];
    for (const name in padded)
      createArray(name, data[name].length, data[name][0].length, padded[name]);
    const shapes = layer.shapes(data, chosen());
    for (const name in shapes) createArray(name, ...shapes[name]);
    const [name, ...at] = shown;
    shown = [name, ...at.map((index, axis) => Math.min(index, shapes[name][axis] - 1))];
    return Object.keys(shapes);
  }

  function replaceOutputs() {
    createOutputs();
    render();
  }

  choose();
  for (const name of inputs) createArray(name, data[name].length, data[name][0].length);
  const outputs = createOutputs();
  each("y", (_, ...at) => (largest = Math.max(largest, Math.abs(entry("y", ...at).value))));

  const reset = create("button", { type: "button" }, "Reset");
  reset.onclick = () => {
    Object.assign(data, load());
    for (const name of inputs)
      each(name, (cell) => cell.restore());
    choose();
    replaceOutputs();
  };

  const either = (names) => names.join(", ").replace(/, (\w+)$/, " or $1");
  const dashed = outputs.length > 1 ? " (dashed: indirectly)" : "";
  const hint = `Point at an entry of ${either(outputs)} to see what made it${dashed}.
    Change any number of ${either(inputs)}. By keyboard: Tab to an array, then the arrow keys.`;
  place.append(
    create("div", { className: `arrays arrays-${place.dataset.kind}` }, ...Object.values(arrays)),
    create(
      "div",
      {},
      create("p", {}, sum),
      create("p", { className: "controls" }, ...selects, reset),
      create("p", { className: "hint" }, hint)
    )
  );
  render();
}

// Drawings: their size, name and controls, [[label, object, key, kind]], which set
// object[key]: by a slider, [smallest, largest, step], a box to tick, "tick", or else a field;
// and what they draw, as SVG, whose marks have their classes in site.css, and say. Some add
// to the numbers of the page (start), or follow what is set (changed).

const tidy = (value) => full(Number(value.toPrecision(4)));
const tidied = (values) => values.map(tidy).join(", ");

function mark(tag, attributes, text = "") {
  const pairs = Object.entries(attributes).map(([name, value]) => `${name}="${value}"`);
  return `<${tag} ${pairs.join(" ")}>${text}</${tag}>`;
}
const box = (x, y, width, height, name) => mark("rect", { x, y, width, height, class: name });
const line = (points, name = "") => mark("polyline", { points: points.join(" "), class: name });
const point = ([cx, cy], r, name = "") => mark("circle", { cx, cy, r, class: name });
const words = (x, y, text, name = "") => mark("text", { x, y, class: name }, text);
const key = (x, y, text, name) => box(x, y, 12, 12, name) + words(x + 18, y + 10, text, "start");

const DRAWINGS = {
  // A network whose x goes two ways: values forward, gradients backward
  fork: {
    size: [380, 190],
    name: "Graph of a small network: each node with its value and its gradient",
    controls: (data) => [
      ["x", data, "x"],
      ...["w", "v"].flatMap((name) => [0, 1].map((i) => [`${name}[${i}]`, data[name], i])),
      ["t", data, "t"],
    ],
    draw({ x, w, v, t }) {
      const z = w.map((weight) => x * weight);
      const h = z.map((value) => Math.max(0, value));
      const y = dot(h, v);
      const gradient = { y: 2 * (y - t) };
      gradient.h = v.map((weight) => gradient.y * weight);
      gradient.z = gradient.h.map((arrived, i) => (z[i] > 0 ? arrived : 0));
      gradient.x = dot(gradient.z, w);
      const middle = 100;
      const ways = [40, 160];
      const parts = [key(2, 2, "value", "blue"), key(2, 18, "gradient", "orange")];
      const node = (name, at, height, value, slope) =>
        parts.push(
          box(at - 26, height - 17, 52, 17, "blue"),
          box(at - 26, height, 52, 17, "orange"),
          words(at, height - 22, name),
          words(at, height - 4, tidy(value)),
          words(at, height + 13, tidy(slope))
        );
      const arrow = (from, start, to, end, text, off) => {
        const points = [[from + 27, start], [to - 30, end]];
        parts.push(
          line(points, off ? "arrow closed" : "arrow"),
          words((from + to) / 2, (start + end) / 2 + (end === start ? -6 : 4), text, "halo")
        );
      };
      ways.forEach((way, i) => {
        const closed = z[i] <= 0;
        arrow(28, middle, 114, way, `× ${inBrackets(w[i])}`, closed);
        arrow(114, way, 200, way, "relu", closed);
        arrow(200, way, 276, middle, `× ${inBrackets(v[i])}`, closed);
        node(`z[${i}]`, 114, way, z[i], gradient.z[i]);
        node(`h[${i}]`, 200, way, h[i], gradient.h[i]);
      });
      arrow(276, middle, 346, middle, "");
      node("x", 28, middle, x, gradient.x);
      node("y", 276, middle, y, gradient.y);
      node("L = (y − t)²", 346, middle, (y - t) ** 2, 1);
      const text = `gradient of x = ${written(gradient.z, w)} = ${tidy(gradient.x)}
gradient of w = ${tidied(gradient.z.map((slope) => slope * x))}
gradient of v = ${tidied(h.map((value) => value * gradient.y))}`;
      return [parts.join(""), text];
    },
  },
  // A narrow valley, and the paths of plain SGD and of SGD with momentum
  descent: {
    size: [380, 180],
    name: "Paths into a valley, from above",
    start: { Nesterov: false },
    controls: ({ best: { plain, momentum }, ...data }) => [
      ["rate, plain", plain, 0, [0.005, 0.25, 0.005]],
      ["rate with momentum", momentum, 0, [0.005, 0.25, 0.005]],
      ["momentum", momentum, 1, [0, 0.95, 0.05]],
      ["Nesterov", momentum, 2, "tick"],
    ],
    draw({ start, curvature, best, steps }) {
      const place = (w) => [250 + 28 * w[0], 90 - 31 * w[1]].map((at) => at.toFixed(1));
      const [cx, cy] = place([0, 0]);
      const loss = (w) => dot(w, w.map((value, i) => (value * curvature[i]) / 2));
      const parts = [1, 2, 3, 4, 5, 6].map((n) => {
        const [a, b] = curvature.map((c) => (n / 4) * Math.sqrt((2 * loss(start)) / c));
        return mark("ellipse", { cx, cy, rx: 28 * a, ry: 31 * b });
      });
      const text = Object.entries(best).map(([name, [rate, momentum, Nesterov]], number) => {
        const path = [start];
        let velocity = start.map(() => 0);
        while (path.length <= steps) {
          const w = path.at(-1);
          const step = w.map((value, i) => -rate * curvature[i] * value);
          velocity = velocity.map((value, i) => momentum * value + step[i]);
          const move = Nesterov ? velocity.map((v, i) => momentum * v + step[i]) : velocity;
          path.push(w.map((value, i) => value + move[i]));
        }
        const colour = ["blue", "orange"][number];
        const points = path.map(place);
        parts.push(line(points, colour), ...points.map((at) => point(at, 2, colour)));
        parts.push(key(295, 150 + 16 * number, name, colour));
        const ahead = 1 + (Nesterov ? 2 * momentum : 0);
        const bound = (2 + 2 * momentum) / ahead / Math.max(...curvature);
        const end = short(Number(Math.hypot(...path.at(-1)).toPrecision(3)));
        const exceeded = rate > bound ? ", exceeded" : "";
        return `${name}: ends ${end} away. Bound: ${tidy(bound)}${exceeded}`;
      });
      return [parts.join(""), text.join("\n")];
    },
  },
  // Softmax of the logits z, divided by a temperature, beside the target
  softmax: {
    size: [380, 170],
    name: "Bars of p and t, and of p - t",
    start: { T: 1 },
    controls: (data) => [
      ["temperature", data, "T", [0.1, 5, 0.1]],
      ...data.z.map((_, i) => [`z[${i}]`, data.z, i]),
    ],
    draw({ z, t, T }) {
      const powers = z.map((logit) => Math.exp((logit - Math.max(...z)) / T));
      const p = powers.map((power) => power / dot(powers, powers.map(() => 1)));
      const parts = [
        key(2, 2, "p", "blue"),
        key(52, 2, "target t", "orange"),
        key(250, 2, "p − t", "green"),
        line([[0, 140], [210, 140]]),
        line([[240, 90], [380, 90]]),
      ];
      const bar = (x, base, width, value, name) => {
        const height = (base === 140 ? 100 : 50) * value; // up, or down where it is negative
        parts.push(
          box(x, base - Math.max(0, height), width, Math.abs(height), name),
          words(x + width / 2, base - height + (value < 0 ? 13 : -4), tidy(rounded(value)))
        );
      };
      p.forEach((value, i) => {
        bar(4 + 70 * i, 140, 30, value, "blue");
        bar(36 + 70 * i, 140, 30, t[i], "orange");
        bar(248 + 44 * i, 90, 34, value - t[i], "green");
        parts.push(words(35 + 70 * i, 158, `class ${i}`), words(265 + 44 * i, 158, i));
      });
      const loss = -dot(t, p.map((value) => Math.log(value)));
      const text = `p = softmax(z / ${short(T)}) = ${p.map(rounded).join(", ")}
loss = −Σ t log p = ${tidy(rounded(loss))}`;
      return [parts.join(""), text];
    },
  },
  // The gates of one unit of an LSTM, and its two states, step by step
  gates: {
    size: [380, 210],
    name: "Cell state c and output h over the steps, and the gates of each step",
    start: { step: 5, all: false },
    controls: (data) => [
      ["step", data, "step", [1, data.x.length, 1]],
      ...["i", "f", "o"].map((gate) => [gate, data[gate], data.step - 1, [0, 1, 0.05]]),
      ["g", data.g, data.step - 1, [-1, 1, 0.05]],
      ["the same in all steps", data, "all", "tick"],
    ],
    changed(data, gate) {
      if (data.all && gate.fill) gate.fill(gate[data.step - 1]);
    },
    draw({ step, ...data }) {
      const states = [0];
      data.x.forEach((_, t) => states.push(data.f[t] * states[t] + data.i[t] * data.g[t]));
      const h = states.slice(1).map((c, t) => data.o[t] * Math.tanh(c));
      const [low, high] = [Math.min(0, ...states), Math.max(...states, 4)];
      const width = 360 / data.x.length;
      const y = (value) => 18 + (95 * (high - value)) / (high - low);
      const parts = [key(22, 0, "cell state c", "blue"), key(130, 0, "output h", "orange")];
      parts.push(line([[20, y(0)], [380, y(0)]]));
      h.forEach((output, t) => {
        const left = 20 + width * t;
        const c = states[t + 1];
        parts.push(box(left + 2, y(Math.max(0, c)), width - 4, Math.abs(y(c) - y(0)), "blue"));
        parts.push(point([left + width / 2, y(output)], 3, "orange"));
        [..."xifgo"].forEach((name, row) =>
          parts.push(words(left + width / 2, 132 + 16 * row, tidy(rounded(data[name][t]))))
        );
        const place = { x: left, y: 0, width, height: 204, class: t + 1 === step ? "shown" : "" };
        parts.push(mark("rect", { ...place, "data-step": t + 1 }));
      });
      [..."xifgo"].forEach((name, row) => parts.push(words(8, 132 + 16 * row, name)));
      const t = step - 1;
      const gates = [data.f[t], data.i[t]].map(rounded);
      const terms = written(gates, [Number(tidy(states[t])), data.g[t]]);
      const text = `step ${step}: c = f × c + i × g = ${terms} = ${tidy(states[step])}
h = o × tanh(c) = ${tidy(h[t])}`;
      return [parts.join(""), text];
    },
  },
  // Positions: each pair of features as a hand of a clock, at two steps
  clocks: {
    size: [380, 128],
    name: "Clocks: a hand for each of two steps, and a clock for each pair of features",
    start: { a: 3, b: 0 },
    controls: (data) => [
      ["step a", data, "a", [0, data.steps - 1, 1]],
      ["step b", data, "b", [0, data.steps - 1, 1]],
    ],
    draw({ divisors, a, b }) {
      const width = 380 / divisors.length;
      const r = Math.min(42, width / 2 - 5);
      const parts = [key(2, 0, "step a", "blue"), key(72, 0, "step b", "orange")];
      divisors.forEach((divisor, pair) => {
        const [cx, cy] = [width * (pair + 0.5), 66];
        parts.push(point([cx, cy], r));
        [[a, "blue"], [b, "orange"]].forEach(([step, name], i) => {
          const reach = r * (1 - 0.15 * i); // both are seen where they are alike
          const angle = step / divisor;
          const tip = [cx + reach * Math.sin(angle), cy - reach * Math.cos(angle)];
          parts.push(line([[cx, cy], tip], name), point(tip, 3, name));
        });
        parts.push(words(cx, 124, `t / ${short(Math.round(divisor))}`));
      });
      const terms = divisors.map((divisor) => rounded(Math.cos((a - b) / divisor)));
      const total = divisors.reduce((sum, divisor) => sum + Math.cos((a - b) / divisor), 0);
      const sum = terms.map(inBrackets).join(" + ");
      const text = `positions[${a}] @ positions[${b}] = ${sum} ≈ ${tidy(rounded(total))}
It depends on the ${Math.abs(a - b)} steps between them alone.`;
      return [parts.join(""), text];
    },
  },
};

const ARROW = `<marker id="arrow" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="7"
  markerHeight="7" orient="auto"><path d="M0 0 6 3 0 6z"/></marker>`;

function showDrawing(place, { size, name, start, controls, changed, draw }) {
  const load = () => ({ ...start, ...JSON.parse(place.dataset.numbers) });
  const picture = create("div", { className: "drawing" });
  const output = create("output");
  const say = (text) => (output.textContent = text);
  let data = load();

  // Of a control: the object and the key that it sets, now
  const targetOf = (number) => controls(data)[number].slice(1);

  function createControl(label, number, kind) {
    const get = () => {
      const [object, key] = targetOf(number);
      return object[key];
    };
    const set = (value) => {
      const [object, key] = targetOf(number);
      object[key] = value;
      changed?.(data, object);
      render(input);
    };
    const shown = create("span", { ariaHidden: "true" });
    let input;
    if (!kind) input = createNumber(label, label, get, set, say);
    else if (kind === "tick") {
      input = create("input", { type: "checkbox", onchange: () => set(input.checked) });
      input.restore = () => (input.checked = get());
    } else {
      const [min, max, step] = kind;
      input = create("input", { type: "range", min, max, step, ariaLabel: label });
      input.oninput = () => set(Number(input.value));
      input.restore = () => (input.value = get());
      input.tell = () => (shown.textContent = short(get()));
    }
    return [input, create("label", {}, `${label} `, input, shown)];
  }

  function render(active) {
    for (const [input] of made) {
      if (input !== active) input.restore();
      input.tell?.();
    }
    const [marks, text] = draw(data);
    const attributes = { viewBox: [0, 0, ...size].join(" "), role: "img", "aria-label": name };
    picture.innerHTML = mark("svg", attributes, ARROW + marks);
    say(text);
  }

  const made = controls(data).map(([label, , , kind], i) => createControl(label, i, kind));
  const reset = create("button", { type: "button" }, "Reset");
  reset.onclick = () => {
    data = load();
    render();
  };
  picture.onclick = (event) => {
    const { step } = event.target.dataset;
    if (!step) return;
    data.step = Number(step);
    render();
  };
  const labels = made.map(([, label]) => label);
  place.append(
    picture,
    create(
      "div",
      {},
      create("p", {}, output),
      create("p", { className: "controls" }, ...labels, reset)
    )
  );
  render();
}

document.querySelectorAll(".moving-picture").forEach((place) => {
  const { kind } = place.dataset;
  if (LAYERS[kind]) showArrays(place, LAYERS[kind]);
  else showDrawing(place, DRAWINGS[kind]);
  place.previousElementSibling.hidden = true; // the figure
});
