// TrainingMonitor: Python draws the curves, at most ten times a second; they are shown as they come.
function render({ model, el }) {
  const root = h("div", { class: "mg-view mg-monitor" });
  const show = () => (root.innerHTML = model.get("_data").svg);
  const events = listener(model);
  events.on("change:_data", show);
  show();
  el.append(root);
  return events.off;
}

export default { render };
