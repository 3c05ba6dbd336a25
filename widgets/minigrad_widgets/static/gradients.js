// GradientView: a map of norms. Choosing a cell shows at once what the map knows of it; Python adds the histogram.
const list = (packed) => (packed ? packed.split(" ") : []);

function render({ model, el }) {
  const holder = h("div", { class: "mg-holder mg-heat", tabindex: 0, role: "group", "aria-label": "gradients by parameter and step: choose with the arrow keys" });
  const side = h("aside", { class: "mg-side" });
  const note = h("div", { class: "mg-pinned", role: "status" });
  const root = viewRoot("gradients", {}, note, h("div", { class: "mg-main" }, holder, side));
  let steps, columns, here;

  const data = () => model.get("_data");
  const cell = (row, column) => (data().cells.length ? Number(list(data().cells[row])[column]) : column);
  // Where a step's column is: with several steps in one, the last that begins before it.
  const columnOf = (place) => (data().cells.length ? Math.min(columns - 1, Math.floor(place / Math.ceil(steps.length / columns))) : place);
  const chosen = () => {
    const [row, place] = list(model.get("selection")).map(Number);
    const card = model.get("_card");
    if (row === undefined) return card.row === undefined ? null : [card.row, card.place];
    return [Math.min(row, data().names.length - 1), Math.min(place, steps.length - 1)];
  };
  const choose = (row, column) => {
    const at = [Math.max(0, Math.min(data().names.length - 1, row)), Math.max(0, Math.min(columns - 1, column))];
    model.set("selection", `${at[0]} ${cell(...at)}`);
    model.save_changes();
  };
  const show = () => {
    const now = chosen();
    const told = data();
    note.textContent = told.stopped && `Stopped: ${told.stopped}`;
    note.hidden = !told.stopped;
    here.setAttribute("visibility", now ? "visible" : "hidden");
    if (!now) return side.replaceChildren(h("p", { class: "mg-soft" }, "Nothing logged yet. Call log(model) after backward(), or give this view to fit as a callback."));
    side.setAttribute("aria-live", model.get("selection") ? "polite" : "off"); // while steps come, nobody can listen
    const [row, place] = now;
    const column = columnOf(place);
    const [left, top, wide, high] = told.grid;
    here.setAttribute("x", left + wide * column);
    here.setAttribute("y", top + high * row);
    const card = model.get("_card");
    const full = card.row === row && card.place === place;
    const [norm, zeros, bad] = (list(told.numbers[row])[column] || "").split(";");
    const facts = full ? card.facts : [["step", steps[place]], ["shape", told.shapes[row]], ["norm", norm], ["exact zeros", zeros], ...(bad > 0 ? [["not finite", bad]] : [])];
    side.replaceChildren(
      ...[
        model.get("selection") && h("div", { class: "mg-pinned" }, "Pinned. ", h("button", { onclick: () => { model.set("selection", ""); model.save_changes(); } }, "Follow the last step again")),
        h("header", {}, h("h3", {}, told.names[row])),
        h("table", { class: "mg-facts" }, facts.map(([name, value]) => h("tr", {}, h("th", {}, name), h("td", {}, value)))),
        full && card.histogram && section("Its elements", trusted("div", {}, card.histogram)),
        full && card.film && h("button", { onclick: () => askForFilm(model, Number(steps[place])) }, `Open the film of step ${steps[place]}`),
      ].filter(Boolean),
    );
  };
  const build = () => {
    const told = data();
    steps = list(told.steps);
    columns = told.cells.length ? list(told.cells[0]).length : steps.length;
    holder.innerHTML = told.svg;
    const svg = holder.querySelector("svg");
    here = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of Object.entries({ width: told.grid[2], height: told.grid[3], fill: "none", stroke: "var(--mg-ink)", "stroke-width": 2.5, "data-part": "here" })) here.setAttribute(name, value);
    svg.append(here);
    svg.addEventListener("click", (event) => {
      const box = svg.getBoundingClientRect();
      const scale = svg.viewBox.baseVal.width / box.width;
      const [left, top, wide, high] = told.grid;
      const column = Math.floor(((event.clientX - box.left) * scale - left) / wide);
      const row = Math.floor(((event.clientY - box.top) * scale - top) / high);
      if (row >= 0 && row < told.names.length && column >= 0 && column < columns) choose(row, column);
    });
    show();
  };
  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -Infinity], End: [0, Infinity] };
  holder.addEventListener("keydown", (event) => {
    const now = chosen();
    const move = moves[event.key];
    if (event.key === "Escape") model.set("selection", "");
    else if (!move || !now || event.ctrlKey || event.metaKey || event.altKey) return;
    else choose(now[0] + move[0], columnOf(now[1]) + move[1]);
    event.preventDefault();
    event.stopPropagation();
  });
  const events = listener(model);
  events.on("change:_data", build);
  events.on("change:_card", show);
  events.on("change:selection", show);
  build();
  el.append(root, filmBelow(model, events));
  return events.off;
}

export default { render };
