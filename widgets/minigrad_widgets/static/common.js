// Shared by every view; each view's own module follows in the same file.

// An element. Text always goes in as text: names and source lines are the reader's own.
function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false && child !== ""));
  return element;
}

// The outermost element of a view. Keys pressed in it are its own: JupyterLab takes an arrow for "to the next cell" and an X for
// "cut this cell", whatever has the focus. What suppresses its shortcuts does so only where this element itself has it.
function viewRoot(name, properties, ...children) {
  const root = h("div", { class: `mg-view mg-${name}`, "data-lm-suppress-shortcuts": "true", ...properties }, ...children);
  root.addEventListener("keydown", (event) => event.ctrlKey || event.metaKey || event.altKey || event.stopPropagation());
  return root;
}

// Markup made in Python, where everything of the reader's was escaped.
function trusted(tag, properties, markup) {
  const element = h(tag, properties);
  element.innerHTML = markup;
  return element;
}

function section(title, ...children) {
  return h("section", {}, h("h4", {}, title), ...children);
}

// An array as a matrix between brackets; a number as a number.
function matrix(value) {
  if (!value) return "";
  const cells = value.cells || [];
  if (value.shape === "scalar") return h("span", { class: "mg-number" }, cells[0]?.[0] ?? "");
  const table = h("table", { class: "mg-matrix" }, cells.map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell)))));
  return h("div", { class: "mg-array" }, table, value.summary && h("div", { class: "mg-soft" }, value.summary));
}

// A line "name  shape", opening to the numbers.
function quantity(name, what, value) {
  if (!value) return h("div", { class: "mg-row" }, h("b", {}, name), h("span", {}, what));
  if (value.shape === "scalar") {
    return h("div", { class: "mg-row" }, h("b", {}, name), h("span", {}, what), matrix(value));
  }
  const head = h("summary", { class: "mg-row" }, h("b", {}, name), h("span", {}, what), h("span", { class: "mg-soft" }, value.shape));
  return h("details", {}, head, matrix(value));
}

function source(card) {
  if (!card.where) return "";
  return h("div", { class: "mg-source" }, h("code", {}, card.line || "(source not at hand)"), h("div", { class: "mg-soft" }, card.where));
}

function heading(card, words) {
  const path = (card.path || []).join(" › ");
  const name = card.kind === "op" && card.name ? `${card.name} = ${card.title}` : card.title;
  return h(
    "header", {},
    path && h("div", { class: "mg-soft" }, path),
    h("div", { class: "mg-row" }, h("h3", {}, name), h("span", { class: "mg-soft" }, card.shape === "scalar" ? "" : card.shape || card.subtitle), words && h("span", { class: "mg-chip" }, words)),
  );
}

// What was computed forward: inputs and result.
function forward(data, card) {
  if (!card.inputs) return card.counts ? section("Inside", h("p", {}, card.counts)) : "";
  const value = data.values[card.value];
  if (card.kind !== "op") return section("Value", matrix(value) || h("p", { class: "mg-soft" }, "not recorded"));
  return section(
    "Forward",
    card.inputs.map((input) => quantity(input.name, input.label, data.values[input.value])),
    quantity("z", card.name || "", value),
    card.parameters && h("div", { class: "mg-soft" }, card.parameters),
  );
}

function rule(data, card) {
  const told = data.rules[card.rule];
  return told ? section("Local rule", trusted("div", { class: "mg-rule" }, told.html)) : "";
}

function code(data, card) {
  const told = data.rules[card.rule];
  return told && told.code ? h("details", { class: "mg-code" }, h("summary", {}, "The rule in code"), h("pre", {}, told.code)) : "";
}

// The drawing: selecting nodes, opening and closing groups, moving among nodes with the arrow keys.
function drawing(holder, markup, { select, toggle, hover }) {
  holder.innerHTML = markup;
  const svg = holder.querySelector("svg");
  const nodes = new Map([...svg.querySelectorAll(".mg-node")].map((node) => [node.dataset.key, node]));
  const order = [...svg.querySelectorAll(".mg-handle, .mg-node")];
  const act = (target) => {
    const key = target.dataset.key;
    if (target.classList.contains("mg-handle") || target.dataset.kind === "group") toggle(key.slice(1));
    else select(key);
  };
  for (const target of order) {
    target.addEventListener("click", () => act(target));
    if (hover) {
      target.addEventListener("pointerenter", () => hover(target.dataset.key));
      target.addEventListener("pointerleave", () => hover(""));
    }
    target.addEventListener("focus", () => {
      for (const other of order) other.setAttribute("tabindex", other === target ? "0" : "-1");
    });
    target.addEventListener("keydown", (event) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (step) order[(order.indexOf(target) + step + order.length) % order.length].focus();
      else if (event.key === "Enter" || event.key === " ") act(target);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }
  const fit = () => {
    if (!holder.clientWidth) return;
    const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
    const scale = Math.max(0.85, Math.min(1, (holder.clientWidth - 4) / width, 690 / height));
    svg.style.width = `${Math.round(width * scale)}px`;
    svg.style.height = `${Math.round(height * scale)}px`;
  };
  fit();
  const reveal = (key) => {
    const node = nodes.get(key);
    if (!node) return;
    const inner = node.getBoundingClientRect();
    const outer = holder.getBoundingClientRect();
    if (inner.top < outer.top + 24) holder.scrollTop -= outer.top + 60 - inner.top;
    if (inner.bottom > outer.bottom - 24) holder.scrollTop += inner.bottom - outer.bottom + 60;
    if (inner.left < outer.left) holder.scrollLeft -= outer.left + 40 - inner.left;
    if (inner.right > outer.right) holder.scrollLeft += inner.right - outer.right + 40;
  };
  return { svg, nodes, fit, reveal, edges: [...svg.querySelectorAll(".mg-edge")] };
}

// Open a closed group, close an open one: Python lays out what is then visible.
function toggleGroup(model, key) {
  const opened = model.get("opened");
  model.set("opened", opened.includes(key) ? opened.filter((k) => k !== key) : [...opened, key]);
  model.save_changes();
}

// Listen to a model, and stop listening together.
function listener(model) {
  const all = [];
  return {
    on(name, callback) {
      model.on(name, callback);
      all.push([name, callback]);
    },
    off: () => all.forEach(([name, callback]) => model.off(name, callback)),
  };
}
