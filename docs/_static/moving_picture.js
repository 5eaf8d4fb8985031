// y = x W + b to touch: each entry of y beside the row of x, the column of W and the
// entry of b that made it. It computes here, from the numbers that the page ran with.
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

function movingPicture(place) {
  const load = () => JSON.parse(place.dataset.product); // {x, W} or {x, W, b}
  const data = load();
  const names = Object.keys(data);
  const selected = { row: Math.min(3, data.x.length - 1), column: data.W[0].length - 1 };
  const cells = {};
  const sum = create("output");
  const relu = create("input", { type: "checkbox", onchange: render });

  function compute(row, column) {
    const terms = data.W.map((weights, feature) => [data.x[row][feature], weights[column]]);
    let total = terms.reduce((soFar, [input, weight]) => soFar + input * weight, 0);
    const parts = terms.map((pair) => pair.map(inBrackets).join(" × "));
    if (data.b) {
      total += data.b[0][column];
      parts.push(inBrackets(data.b[0][column]));
    }
    const value = relu.checked ? Math.max(0, total) : total;
    const result = relu.checked ? `${full(total)}, and relu makes it ${full(value)}` : full(value);
    return { value, text: `y[${row}, ${column}] = ${parts.join(" + ")} = ${result}` };
  }

  function each(name, visit) {
    cells[name].forEach((line, row) => line.forEach((cell, column) => visit(cell, row, column)));
  }

  function render() {
    const rows = { x: selected.row, y: selected.row };
    const columns = { W: selected.column, b: selected.column, y: selected.column };
    each("y", (cell, row, column) => (cell.textContent = short(compute(row, column).value)));
    for (const name in cells)
      each(name, (cell, row, column) => {
        const value = name === "y" ? compute(row, column).value : data[name][row][column];
        const made = (rows[name] ?? row) === row && (columns[name] ?? column) === column;
        cell.classList.toggle("made", made);
        cell.classList.toggle("negative", value < 0);
        cell.style.setProperty("--size", Math.min(1, Math.sqrt(Math.abs(value) / 900)));
      });
    const linear = data.b ? "x W + b" : "x W";
    const label = relu.checked ? `y = relu(${linear})` : `y = ${linear}`;
    arrays.at(-1).firstChild.textContent = arrays.at(-1).ariaLabel = label;
    sum.textContent = compute(selected.row, selected.column).text;
  }

  function select(name, row, column) {
    if ("xy".includes(name)) selected.row = row;
    if (name !== "x") selected.column = column;
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

  function createArray(name, label, rows, columns) {
    cells[name] = Array.from({ length: rows }, (_, row) =>
      Array.from({ length: columns }, (_, column) => createCell(name, row, column))
    );
    const array = create("div", { className: `array array-${name}`, role: "group" });
    array.style.setProperty("--columns", columns);
    array.ariaLabel = label;
    array.append(create("span", { ariaHidden: "true" }, label), ...cells[name].flat());
    return array;
  }

  const arrays = names.map((name) =>
    createArray(name, name, data[name].length, data[name][0].length)
  );
  arrays.push(createArray("y", "", data.x.length, data.W[0].length));

  const reset = create("button", { type: "button", className: "reset" }, "Reset");
  reset.onclick = () => {
    Object.assign(data, load());
    for (const name of names)
      each(name, (cell, row, column) => restore(cell, data[name][row][column]));
    relu.checked = false;
    render();
  };

  const hint = `Point at an entry of y to see what made it. Change any number of ${
    data.b ? "x, W or b" : "x or W"
  }. By keyboard: Tab to an array, then the arrow keys.`;
  place.append(
    create("div", { className: "arrays" }, ...arrays),
    create(
      "div",
      {},
      create("p", {}, sum),
      create("p", {}, create("label", {}, relu, " relu"), reset),
      create("p", { className: "hint" }, hint)
    )
  );
  render();
  place.previousElementSibling.hidden = true; // the figure
}

document.querySelectorAll(".moving-picture").forEach(movingPicture);
