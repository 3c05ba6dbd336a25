// RewriteView: the program before and after each rewrite. `rewrite_stage.py` says the same for the still.
const SIDES = ["left", "right"];

function render({ model, el }) {
  const end = () => model.get("_data").changes.length - 1;
  const caption = h("div", { class: "mg-caption", "aria-live": "polite" });
  const phases = h("div", { class: "mg-phases", "aria-hidden": "true" });
  const titles = SIDES.map(() => h("h4"));
  const holders = SIDES.map((_, n) => h("div", { class: "mg-holder", role: "group", "aria-label": n ? "after the rewrite" : "before the rewrite" }));
  const table = h("table", { class: "mg-ledger mg-passes" });
  const card = h("aside", { class: "mg-side", "aria-live": "polite" });
  const film = player(model, { end, show: () => show(), label: "rewrite", below: phases });
  const root = viewRoot("rewrite", { tabindex: 0 }, film.bar, caption,
    h("div", { class: "mg-sides" }, SIDES.map((_, n) => h("div", { class: "mg-column" }, titles[n], holders[n]))),
    h("div", { class: "mg-below" }, table, card),
  );
  film.listen(root);
  el.append(root);
  let built, views = [null, null], shown = [null, null], hovered = "";

  const now = () => model.get("_data").changes[Math.min(film.now(), end())];
  const stageOf = (change, n) => (n ? change.after : change.before);
  // A node is chosen as "2 v3", with the number of the stage: it stays chosen where that stage is shown next.
  const choose = (key) => {
    model.set("selection", model.get("selection") === key ? "" : key);
    model.save_changes();
  };

  const side = (n, change) => {
    const data = model.get("_data");
    const stage = stageOf(change, n);
    if (shown[n] === stage) return;
    shown[n] = stage;
    views[n] = drawing(holders[n], data.drawings[data.stages[stage].svg], {
      select: (key) => choose(`${stage} ${key}`),
      toggle: (key) => toggleGroup(model, `${stage} ${key}`),
      hover: (key) => {
        hovered = key ? `${stage} ${key}` : "";
        point();
      },
    });
    resized.observe(holders[n]);
  };

  // What is pointed at or chosen, and its counterparts on the other side.
  const point = () => {
    const change = now();
    const found = (chosen) => {
      const [stage, key] = chosen.split(/ (.*)/s);
      const n = [0, 1].find((n) => String(stageOf(change, n)) === stage && change[SIDES[n]][key]);
      return n === undefined ? null : [n, key, change[SIDES[n]][key][2]];
    };
    const chosen = found(hovered) || found(model.get("selection"));
    const [n, key, partners] = chosen || [0, "", []];
    views.forEach((view, side) => {
      for (const [name, node] of view.nodes) {
        node.classList.toggle("mg-selected", side === n && name === key);
        node.classList.toggle("mg-linked", side !== n && partners.includes(name));
      }
    });
    card.replaceChildren(...(chosen ? told(change, n, key, partners) : [h("h4", {}, change.name), h("p", {}, change.about), h("p", { class: "mg-soft mg-hint" }, "Point at a value to see what became of it; click to keep it.")]));
  };

  const told = (change, n, key, partners) => {
    const { stages } = model.get("_data");
    const mine = stages[stageOf(change, n)].cards.find((one) => one.key === key);
    const others = new Map(stages[stageOf(change, 1 - n)].cards.map((one) => [one.key, one]));
    const names = partners.map((one) => others.get(one)?.title).filter(Boolean);
    const more = names.length > 8 ? ` and ${names.length - 8} more` : "";
    const link = names.length ? names.slice(0, 8).join(", ") + more : n ? "nothing: it is new" : "nothing: nothing that is fetched needs it";
    return [
      heading(mine, change[SIDES[n]][key][1]),
      h("div", { class: "mg-row" }, h("b", {}, n ? "made of" : "becomes"), h("span", {}, link)),
      mine.takes && h("div", { class: "mg-row" }, h("b", {}, "takes"), h("span", {}, mine.takes)),
      mine.parameters && h("div", { class: "mg-soft" }, mine.parameters),
      mine.value && matrix(mine.value),
      mine.source && section("The kernel, as it was generated", h("pre", { class: "mg-kernel-source" }, mine.source)),
    ].filter(Boolean);
  };

  const show = () => {
    const data = model.get("_data");
    if (data !== built) return build();
    const position = Math.min(film.now(), end());
    const change = now();
    film.tell(position, change.caption);
    caption.textContent = change.caption;
    SIDES.forEach((name, n) => {
      side(n, change);
      titles[n].textContent = change[`${name} title`];
      for (const [key, node] of views[n].nodes) {
        const [state, words] = change[name][key];
        node.dataset.state = state;
        node.querySelector(".mg-words").textContent = words;
        const texts = [...node.querySelectorAll("text")].map((t) => t.textContent.replace("▸ ", ""));
        node.setAttribute("aria-label", texts.filter(Boolean).join(", "));
      }
      views[n].svg.querySelectorAll(".mg-link").forEach((line) => line.remove());
    });
    links(change);
    [...table.querySelectorAll("tr")].forEach((row, n) => row.classList.toggle("mg-now", n - 1 === position));
    point();
  };

  // Values that become one are tied to each other by dotted lines, below the nodes.
  const links = (change) => {
    const nodes = views[0].nodes;
    const first = nodes.values().next().value;
    for (const pair of change.links) {
      const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
      const ends = pair.map((key) => [...nodes.get(key).querySelectorAll(".mg-box")].at(-1));
      const middle = (box, at, size) => Number(box.getAttribute(at)) + Number(box.getAttribute(size)) / 2;
      ends.forEach((box, n) => {
        line.setAttribute(`x${n + 1}`, middle(box, "x", "width"));
        line.setAttribute(`y${n + 1}`, middle(box, "y", "height"));
      });
      line.setAttribute("class", "mg-link");
      first.parentNode.insertBefore(line, first);
    }
  };

  const build = () => {
    const data = (built = model.get("_data"));
    shown = [null, null];
    hovered = "";
    phases.replaceChildren(...data.changes.map((change) => h("span", { style: "flex:1" }, change.name)));
    const head = h("tr", {}, ["rewrite", "operations", "peak memory", ""].map((name) => h("th", {}, name)));
    const rows = data.changes.map((change, n) => h("tr", { onclick: () => film.go(n) }, change.row.map((cell, k) => h("td", {}, k ? cell : h("button", { onclick: () => film.go(n) }, cell)))));
    table.replaceChildren(head, ...rows);
    show();
  };
  const events = listener(model);
  events.on("change:_data", build);
  events.on("change:position", film.moved);
  events.on("change:selection", () => point());
  events.on("change:playing", film.playButton);
  const resized = new ResizeObserver(() => views.forEach((view) => view?.fit()));
  build();
  return () => {
    events.off();
    resized.disconnect();
    film.stop();
  };
}

const initialize = ({ model }) => clock(model, () => model.get("_data").changes.length - 1, 1800);

export default { initialize, render };
