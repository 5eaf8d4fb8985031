// y to touch: each of its entries beside those that made it. It computes here, from the
// numbers that the page ran with.
"use strict";

const LARGEST = 9999; // what a cell has room for

function create(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
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

// Along one axis of an image: how many windows there are, and where entry u of window i is.
function windows(size, length, { strides = 1, dilation_rate = 1, padding }) {
  const span = dilation_rate * (length - 1) + 1;
  const same = padding === "same";
  const count = Math.ceil((same ? size : size - span + 1) / strides);
  const before = same ? Math.floor(Math.max(0, (count - 1) * strides + span - size) / 2) : 0;
  return { count, at: (i, u) => i * strides + u * dilation_rate - before };
}

// A layer tells what readers can choose, [{label: arguments}, ...]; the shapes and labels of
// its outputs; for an entry of them, its value, how it is written out, and the entries that
// made it, directly and indirectly; which entry of y is shown first; and which entry, [name,
// row, column], when another array is touched.

// Of layers whose y adds up products of pairs of entries of x and W, and an entry of b
const PRODUCTS = {
  choices: [],
  relu: true, // can be chosen, too
  first: [3, Infinity],
  labels({ b }, { relu }) {
    const linear = b ? `${this.formula} + b` : this.formula;
    return { y: relu ? `relu(${linear})` : linear };
  },
  entry(data, chosen, name, row, column) {
    const pairs = this.pairs(data, row, column, chosen);
    const made = { x: pairs.map((pair) => pair[0]), W: pairs.map((pair) => pair[1]) };
    const [x, W] = ["x", "W"].map((name) => made[name].map(([i, j]) => data[name][i][j]));
    let total = dot(x, W);
    let text = written(x, W);
    if (data.b) {
      made.b = [[0, this.bias(column)]];
      total += data.b[0][this.bias(column)];
      text += ` + ${inBrackets(data.b[0][this.bias(column)])}`;
    }
    const value = chosen.relu ? Math.max(0, total) : total;
    const result = chosen.relu ? `${full(total)}, and relu makes it ${full(value)}` : full(value);
    return { value, text: `y[${row}, ${column}] = ${text} = ${result}`, made };
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
    pairs(data, row, column, chosen) {
      const [down, across] = this.axes(data, chosen);
      return allOf(data.W)
        .map(([u, v]) => [[down.at(row, u), across.at(column, v)], [u, v]])
        .filter(([[i, j]]) => data.x[i]?.[j] !== undefined); // others count as 0
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

function movingPicture(place) {
  const layer = LAYERS[place.dataset.layer];
  const load = () => JSON.parse(place.dataset.arrays); // {x, W}, or with b, or {query, ...}
  const data = load();
  const inputs = Object.keys(data);
  const arrays = {};
  const cells = {};
  const sum = create("output");
  const relu = create("input", { type: "checkbox", onchange: render });
  const selects = layer.choices.map((choice) => {
    const options = Object.keys(choice).map((label) => create("option", {}, label));
    const label = Object.keys(choice)[0].split("=")[0];
    return create("select", { ariaLabel: label, onchange: replaceOutputs }, ...options);
  });
  let shown = ["y", ...layer.first];
  let largest = 0;

  const chosen = () =>
    Object.assign(
      { relu: relu.checked },
      ...selects.map((select, i) => layer.choices[i][select.value])
    );
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
    const labels = layer.labels(data, chosen());
    for (const name in labels) {
      const label = `${name} = ${labels[name]}`;
      arrays[name].firstChild.textContent = arrays[name].ariaLabel = label;
    }
    sum.textContent = text;
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

  function changed(input, name, row, column) {
    const value = Number(input.value.replace("−", "-"));
    const valid = input.value.trim() !== "" && Math.abs(value) <= LARGEST;
    input.setAttribute("aria-invalid", !valid);
    if (valid) {
      data[name][row][column] = value;
      render();
    } else {
      sum.textContent = `${name} takes numbers from −${LARGEST} to ${LARGEST}, such as 7 or −2.5`;
    }
  }

  function restore(input, value) {
    input.value = short(value);
    input.setAttribute("aria-invalid", false);
  }

  function createCell(name, row, column) {
    const cell = create(data[name] ? "input" : "button", {
      type: data[name] ? "text" : "button",
      tabIndex: row + column === 0 ? 0 : -1,
      onfocus: () => focused(name, row, column),
      onkeydown: (event) => pressed(event, name, row, column),
    });
    if (data[name]) {
      cell.inputMode = "decimal";
      cell.autocomplete = "off";
      cell.ariaLabel = `${name}[${name === "b" ? column : `${row}, ${column}`}]`;
      cell.oninput = () => changed(cell, name, row, column);
      cell.onblur = () => restore(cell, data[name][row][column]);
      restore(cell, data[name][row][column]);
    } else {
      cell.onpointerenter = () => select(name, row, column);
      cell.onclick = () => cell.focus(); // Safari does not focus what is clicked
    }
    return cell;
  }

  function createArray(name, rows, columns) {
    cells[name] = Array.from({ length: rows }, (_, row) =>
      Array.from({ length: columns }, (_, column) => createCell(name, row, column))
    );
    const array = create("div", { className: `array array-${name}`, role: "group" });
    array.style.setProperty("--columns", columns);
    array.ariaLabel = name;
    array.append(create("span", { ariaHidden: "true" }, name), ...cells[name].flat());
    arrays[name]?.replaceWith(array);
    arrays[name] = array;
  }

  function createOutputs() {
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

  for (const name of inputs) createArray(name, data[name].length, data[name][0].length);
  const outputs = createOutputs();
  each("y", (_, ...at) => (largest = Math.max(largest, Math.abs(entry("y", ...at).value))));

  const reset = create("button", { type: "button" }, "Reset");
  reset.onclick = () => {
    Object.assign(data, load());
    for (const name of inputs)
      each(name, (cell, row, column) => restore(cell, data[name][row][column]));
    relu.checked = false;
    for (const select of selects) select.selectedIndex = 0;
    replaceOutputs();
  };

  const either = (names) => names.join(", ").replace(/, (\w+)$/, " or $1");
  const dashed = outputs.length > 1 ? " (dashed: indirectly)" : "";
  const hint = `Point at an entry of ${either(outputs)} to see what made it${dashed}.
    Change any number of ${either(inputs)}. By keyboard: Tab to an array, then the arrow keys.`;
  const controls = [...selects, reset];
  if (layer.relu) controls.splice(-1, 0, create("label", {}, relu, " relu"));
  place.append(
    create("div", { className: `arrays arrays-${place.dataset.layer}` }, ...Object.values(arrays)),
    create(
      "div",
      {},
      create("p", {}, sum),
      create("p", { className: "controls" }, ...controls),
      create("p", { className: "hint" }, hint)
    )
  );
  render();
  place.previousElementSibling.hidden = true; // the figure
}

document.querySelectorAll(".moving-picture").forEach(movingPicture);
