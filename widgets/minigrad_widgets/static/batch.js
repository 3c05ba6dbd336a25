// BatchView: sliders for a transform's numbers. Python draws; what is drawn is shown as it comes.
function render({ model, el }) {
  const data = () => model.get("_data");
  const seed = h("span", { class: "mg-count" });
  const draw = (by) => {
    model.set("seed", Math.max(0, model.get("seed") + by));
    model.save_changes();
  };
  const back = h("button", { title: "the draws before (P)", onclick: () => draw(-1) }, "back");
  const again = h("button", { title: "other draws (N)", onclick: () => draw(1) }, "draw again");
  const bar = h("div", { class: "mg-line", role: "group", "aria-label": "draws" }, again, back, seed);
  const numbers = h("div", { class: "mg-numbers" });
  const note = h("p", { class: "mg-note", role: "status" });
  const code = h("pre", { class: "mg-soft" });
  const holder = h("div", { class: "mg-images" });
  const controls = h("div", { class: "mg-controls" }, bar, numbers, note, code);
  const root = viewRoot("batch", { tabindex: 0 }, holder, controls);
  root.addEventListener("keydown", (event) => {
    const by = { n: 1, p: -1 }[event.key.toLowerCase()];
    if (!by || !data().sliders || event.ctrlKey || event.metaKey || event.altKey) return;
    draw(by);
    event.preventDefault();
    event.stopPropagation();
  });

  let rows = [];
  const build = () => {
    let step = "";
    rows = [];
    numbers.replaceChildren();
    for (const one of data().sliders || []) {
      if (one.step !== step) numbers.append(h("h4", {}, (step = one.step)));
      const value = h("output", {});
      const slider = h("input", { type: "range", min: one.low, max: one.high, step: one.by, "aria-label": `${one.step}: ${one.label}` });
      slider.addEventListener("input", () => {
        model.set("settings", { ...model.get("settings"), [one.key]: Number(slider.value) });
        model.save_changes();
        show();
      });
      numbers.append(h("label", {}, h("span", {}, one.label), slider, value));
      rows.push([one.key, slider, value]);
    }
  };
  const show = () => {
    const settings = model.get("settings");
    for (const [key, slider, value] of rows) {
      slider.value = settings[key];
      value.textContent = String(Math.round(settings[key] * 100) / 100).replace("-", "−");
    }
    seed.textContent = `seed ${model.get("seed")}`;
  };
  const paint = () => {
    holder.innerHTML = data().svg;
    note.textContent = data().note;
    note.hidden = !data().note;
    code.textContent = data().transform || "";
    controls.hidden = !data().sliders;
  };
  const events = listener(model);
  events.on("change:_data", paint);
  events.on("change:settings", show);
  events.on("change:seed", show);
  build();
  show();
  paint();
  el.append(root);
  return events.off;
}

export default { render };
