// y to touch: each of its entries beside the entries of x, W and b that made it. It
// computes here, from the numbers that the page ran with.
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

// Along one axis of an image: how many windows there are, and where entry u of window i is.
function windows(size, length, { strides = 1, dilation_rate = 1, padding }) {
  const span = dilation_rate * (length - 1) + 1;
  const same = padding === "same";
  const count = Math.ceil((same ? size : size - span + 1) / strides);
  const before = same ? Math.floor(Math.max(0, (count - 1) * strides + span - size) / 2) : 0;
  return { count, at: (i, u) => i * strides + u * dilation_rate - before };
}

// A layer tells the shape of y and, for each of its entries, the pairs of entries of x and
// W whose products it adds up, and the entry of b; which entry of y is shown when one of
// another array is touched; and what readers can choose, [{label: arguments}, ...].
const LAYERS = {
  dense: {
    formula: "x W",
    choices: [],
    shape: ({ x, W }) => [x.length, W[0].length],
    pairs: ({ W }, row, column) => W.map((_, feature) => [[row, feature], [feature, column]]),
    bias: (column) => column,
    touched: (name, row, column, shown) =>
      name === "x" ? [row, shown[1]] : [name === "y" ? row : shown[0], column],
  },
  convolution: {
    formula: "conv(x, W)",
    choices: [
      { "strides=1": {}, "strides=2": { strides: 2 }, "dilation_rate=2": { dilation_rate: 2 } },
      { 'padding="valid"': { padding: "valid" }, 'padding="same"': { padding: "same" } },
    ],
    axes: ({ x, W }, chosen) => [
      windows(x.length, W.length, chosen),
      windows(x[0].length, W[0].length, chosen),
    ],
    shape(data, chosen) {
      return this.axes(data, chosen).map((axis) => axis.count);
    },
    pairs(data, row, column, chosen) {
      const [down, across] = this.axes(data, chosen);
      const all = data.W.flatMap((weights, u) =>
        weights.map((_, v) => [[down.at(row, u), across.at(column, v)], [u, v]])
      );
      return all.filter(([[i, j]]) => data.x[i]?.[j] !== undefined); // others count as 0
    },
    bias: () => 0,
    touched: (name, row, column, shown) => (name === "y" ? [row, column] : shown),
  },
};

function movingPicture(place) {
  const layer = LAYERS[place.dataset.layer];
  const load = () => JSON.parse(place.dataset.arrays); // {x, W} or {x, W, b}
  const data = load();
  const names = Object.keys(data);
  const arrays = {};
  const cells = {};
  const sum = create("output");
  const relu = create("input", { type: "checkbox", onchange: render });
  const selects = layer.choices.map((choice) => {
    const options = Object.keys(choice).map((label) => create("option", {}, label));
    const label = Object.keys(choice)[0].split("=")[0];
    return create("select", { ariaLabel: label, onchange: replaceY }, ...options);
  });
  let shown = [Math.min(3, data.x.length - 1), 0];
  let largest = 0;

  const chosen = () =>
    Object.assign({}, ...selects.map((select, i) => layer.choices[i][select.value]));

  function compute(row, column) {
    const pairs = layer.pairs(data, row, column, chosen());
    const products = pairs.map(([[i, j], [u, v]]) => [data.x[i][j], data.W[u][v]]);
    let total = products.reduce((soFar, [input, weight]) => soFar + input * weight, 0);
    const parts = products.map((pair) => pair.map(inBrackets).join(" × "));
    const made = { x: pairs.map((pair) => pair[0]), W: pairs.map((pair) => pair[1]) };
    if (data.b) {
      made.b = [[0, layer.bias(column)]];
      total += data.b[0][layer.bias(column)];
      parts.push(inBrackets(data.b[0][layer.bias(column)]));
    }
    const value = relu.checked ? Math.max(0, total) : total;
    const result = relu.checked ? `${full(total)}, and relu makes it ${full(value)}` : full(value);
    const text = `y[${row}, ${column}] = ${parts.join(" + ")} = ${result}`;
    return { value, text, made: { ...made, y: [[row, column]] } };
  }

  function each(name, visit) {
    cells[name].forEach((line, row) => line.forEach((cell, column) => visit(cell, row, column)));
  }

  function render() {
    const { text, made } = compute(...shown);
    for (const name in cells) {
      const marked = new Set(made[name].map(String));
      each(name, (cell, row, column) => {
        const value = name === "y" ? compute(row, column).value : data[name][row][column];
        if (name === "y") cell.textContent = short(value);
        cell.classList.toggle("made", marked.has(`${row},${column}`));
        cell.classList.toggle("negative", value < 0);
        cell.style.setProperty("--size", Math.min(1, Math.sqrt(Math.abs(value) / largest)));
      });
    }
    const linear = data.b ? `${layer.formula} + b` : layer.formula;
    const label = relu.checked ? `y = relu(${linear})` : `y = ${linear}`;
    arrays.y.firstChild.textContent = arrays.y.ariaLabel = label;
    sum.textContent = text;
  }

  function select(name, row, column) {
    shown = layer.touched(name, row, column, shown);
    render();
  }

  // An array is one stop of the Tab key; inside it, the arrow keys move.
  function focused(name, row, column) {
    each(name, (cell) => (cell.tabIndex = -1));
    cells[name][row][column].tabIndex = 0;
    if (name !== "y") cells[name][row][column].select();
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
    const cell = create(name === "y" ? "button" : "input", {
      type: name === "y" ? "button" : "text",
      tabIndex: row + column === 0 ? 0 : -1,
      onfocus: () => focused(name, row, column),
      onkeydown: (event) => pressed(event, name, row, column),
    });
    if (name === "y") {
      cell.onpointerenter = () => select(name, row, column);
      cell.onclick = () => cell.focus(); // Safari does not focus what is clicked
    } else {
      cell.inputMode = "decimal";
      cell.autocomplete = "off";
      cell.ariaLabel = `${name}[${name === "b" ? column : `${row}, ${column}`}]`;
      cell.oninput = () => changed(cell, name, row, column);
      cell.onblur = () => restore(cell, data[name][row][column]);
      restore(cell, data[name][row][column]);
    }
    return cell;
  }

  function createArray(name, label, [rows, columns]) {
    cells[name] = Array.from({ length: rows }, (_, row) =>
      Array.from({ length: columns }, (_, column) => createCell(name, row, column))
    );
    const array = create("div", { className: `array array-${name}`, role: "group" });
    array.style.setProperty("--columns", columns);
    array.ariaLabel = label;
    array.append(create("span", { ariaHidden: "true" }, label), ...cells[name].flat());
    return array;
  }

  function createY() {
    const shape = layer.shape(data, chosen());
    shown = shown.map((index, axis) => Math.min(index, shape[axis] - 1));
    arrays.y = createArray("y", "", shape);
    return arrays.y;
  }

  function replaceY() {
    arrays.y.replaceWith(createY());
    render();
  }

  for (const name of names)
    arrays[name] = createArray(name, name, [data[name].length, data[name][0].length]);
  createY();
  shown[1] = cells.y[0].length - 1;
  each("y", (_, ...at) => (largest = Math.max(largest, Math.abs(compute(...at).value))));

  const reset = create("button", { type: "button" }, "Reset");
  reset.onclick = () => {
    Object.assign(data, load());
    for (const name of names)
      each(name, (cell, row, column) => restore(cell, data[name][row][column]));
    relu.checked = false;
    for (const select of selects) select.selectedIndex = 0;
    replaceY();
  };

  const hint = `Point at an entry of y to see what made it. Change any number of ${
    data.b ? "x, W or b" : "x or W"
  }. By keyboard: Tab to an array, then the arrow keys.`;
  const controls = [...selects, create("label", {}, relu, " relu"), reset];
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
