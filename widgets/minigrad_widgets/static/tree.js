// ModuleTree: a tree with columns. Opening and closing happens here; Python is told which modules are open.
const bar = (share) => {
  const full = h("span", { class: "mg-share", "aria-hidden": "true" }, h("span"));
  full.firstChild.style.width = `${Math.round(100 * share)}%`;
  return full;
};

function render({ model, el }) {
  const root = viewRoot("modules", {});
  const tree = h("div", { role: "tree", "aria-label": "the parts of the model" });
  const button = (words, action) => h("button", { onclick: action }, words);
  const head = h("div", { class: "mg-module mg-soft", "aria-hidden": "true" });
  root.append(h("div", { class: "mg-line" }, button("Open all", () => open(inner())), button("Close all", () => open([""]))), h("div", { class: "mg-scroll" }, head, tree));
  el.append(root);
  let here = "", built, parents;
  const rows = () => model.get("_data").rows;
  const inner = () => rows().filter((row) => row.inside).map((row) => row.key);
  const open = (keys) => {
    model.set("opened", keys);
    model.save_changes();
  };
  const toggle = (key) => {
    const opened = model.get("opened");
    open(opened.includes(key) ? opened.filter((k) => k !== key) : [...opened, key]);
  };
  // Which columns there is something to say in.
  const columns = () => {
    const some = (name) => rows().some((row) => row[name]);
    return [
      ["part"], ["what it is"],
      some("output") && ["output", (row) => [row.output]],
      ["numbers learned", (row) => [row.count, row.count && row.share]],
      some("adds") && ["multiply-adds", (row) => row.adds || []],
      some("time") && ["time", (row) => (row.time ? [`${row.time[0]} · ${row.time[1]}`, row.time[2]] : [])],
      Object.keys(model.get("_live").norms).length > 0 && ["‖gradient‖", (row) => model.get("_live").norms[row.key] || []],
    ].filter(Boolean);
  };
  const line = (row, told) => {
    const badges = model.get("_live").badges[row.key] || [];
    const notes = [row.calls > 1 && `×${row.calls}`, row.idle && "not run"].filter(Boolean);
    const opened = model.get("opened").includes(row.key);
    const cells = told.slice(2).map(([name, of]) => [name, ...of(row)]);
    const said = [row.name, row.what, ...notes, ...badges, ...cells.filter(([, words]) => words).map(([name, words]) => `${name} ${words}`)];
    const name = h("span", { class: "mg-part-name" }, h("span", { class: "mg-twist" }, row.inside ? (opened ? "▾" : "▸") : ""), row.kind === "module" ? h("b", {}, row.name) : h("code", {}, row.name));
    name.style.paddingLeft = `${row.depth * 18}px`;
    const made = h(
      "div", {
        role: "treeitem", class: "mg-module", "data-key": row.key, "data-kind": row.kind, tabindex: row.key === here ? 0 : -1,
        "aria-level": row.depth + 1, "aria-expanded": row.inside ? String(opened) : null, "aria-label": said.join(", "),
      },
      name,
      h("span", { class: row.kind === "module" ? null : "mg-soft" }, row.what, notes.map((note) => h("span", { class: "mg-soft" }, ` ${note}`)), badges.map((badge) => h("span", { class: "mg-badge", "data-badge": badge }, badge))),
      cells.map(([, words, share]) => h("span", { class: "mg-cell" }, h("span", {}, words ?? ""), share != null && share !== "" && words ? bar(share) : "")),
    );
    made.addEventListener("click", () => {
      here = row.key;
      if (row.inside) toggle(row.key);
      focus();
    });
    return made;
  };
  const shown = () => [...tree.children];
  const focus = () => {
    for (const item of shown()) item.setAttribute("tabindex", item.dataset.key === here ? "0" : "-1");
    shown().find((item) => item.dataset.key === here)?.focus();
  };
  const show = () => {
    if (model.get("_data") !== built) {
      built = model.get("_data");
      parents = new Map();
      const way = [];
      for (const row of built.rows) {
        way.length = row.depth;
        if (way.length) way.at(-1).inside = true;
        parents.set(row.key, way.at(-1)?.key);
        way.push(row);
      }
    }
    const opened = new Set(model.get("opened"));
    const visible = rows().filter((row) => {
      for (let key = parents.get(row.key); key !== undefined; key = parents.get(key)) if (!opened.has(key)) return false;
      return true;
    });
    while (!visible.some((row) => row.key === here)) here = parents.get(here) ?? "";
    const told = columns();
    const wide = { output: "minmax(90px, max-content)", "multiply-adds": "132px", time: "150px" };
    const sizes = told.slice(2).map(([name]) => wide[name] || "120px");
    root.style.setProperty("--mg-columns", `minmax(150px, 1.3fr) minmax(150px, 1fr) ${sizes.join(" ")}`);
    head.replaceChildren(...told.map(([name], n) => h("span", { class: n > 1 ? "mg-cell" : null }, name)));
    const focused = tree.contains(document.activeElement) || tree.contains(el.getRootNode().activeElement);
    tree.replaceChildren(...visible.map((row) => line(row, told)));
    if (focused) focus();
  };
  const keys = {
    ArrowDown: (all, at) => (here = all[Math.min(at + 1, all.length - 1)].dataset.key),
    ArrowUp: (all, at) => (here = all[Math.max(at - 1, 0)].dataset.key),
    Home: (all) => (here = all[0].dataset.key),
    End: (all) => (here = all.at(-1).dataset.key),
    ArrowRight: (all, at) => {
      const state = all[at].getAttribute("aria-expanded");
      if (state === "false") toggle(here);
      else if (state === "true") here = all[at + 1].dataset.key;
    },
    ArrowLeft: (all, at) => {
      if (all[at].getAttribute("aria-expanded") === "true") toggle(here);
      else here = parents.get(here) ?? here;
    },
    Enter: (all, at) => all[at].hasAttribute("aria-expanded") && toggle(here),
    "*": () => open([...new Set([...model.get("opened"), ...inner().filter((key) => parents.get(key) === parents.get(here))])]),
  };
  keys[" "] = keys.Enter;
  tree.addEventListener("keydown", (event) => {
    const action = keys[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = shown();
    action(all, all.findIndex((item) => item.dataset.key === here));
    focus();
    event.preventDefault();
    event.stopPropagation();
  });
  const events = listener(model);
  for (const name of ["_data", "_live", "opened"]) events.on(`change:${name}`, show);
  show();
  return events.off;
}

export default { render };
