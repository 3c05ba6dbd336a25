// TrainingMonitor: Python draws the curves, at most ten times a second; the buttons and the slider ask something of the run.
const RATES = { low: -6, high: 1, by: 0.05 }; // powers of ten
const shortRate = (x) => Number(x.toPrecision(2)).toString();

function handles(model) {
  let state = "";
  let held = false;
  let asked = 0;
  let wanted = null; // a rate that was asked for and not yet answered: older answers do not move the slider back
  const ask = (content) => model.send(content);
  const pause = h("button", { onclick: () => ask({ ask: state === "paused" ? "resume" : "pause" }) }, "Pause");
  const stop = h("button", { onclick: () => ask({ ask: "stop" }) }, "Stop");
  const bar = h("progress", { max: 1, "aria-label": "how much of the run is done" });
  const words = h("span", { class: "mg-soft mg-words", role: "status" });
  const shown = h("span", { class: "mg-number" });
  const rate = () => Number((10 ** Number(range.value)).toPrecision(2));
  const send = () => {
    asked = Date.now();
    wanted = rate();
    ask({ ask: "rate", value: wanted });
  };
  const range = h("input", {
    type: "range", min: RATES.low, max: RATES.high, step: RATES.by, "aria-label": "learning rate",
    onpointerdown: () => (held = true),
    onpointerup: () => (held = false),
    oninput: () => {
      shown.textContent = shortRate(rate());
      range.setAttribute("aria-valuetext", shown.textContent);
      if (Date.now() - asked > 80) send();
    },
    onchange: () => {
      held = false;
      send();
    },
  });
  const scheduled = h("button", { onclick: () => {
    wanted = null;
    ask({ ask: "rate", value: null });
  } }, "As scheduled");
  const row = h(
    "div", { class: "mg-handles" },
    h("div", { class: "mg-row" }, pause, stop, bar, words),
    h("div", { class: "mg-row" }, h("span", { class: "mg-soft" }, "learning rate"), range, shown, scheduled),
  );
  const show = (run) => {
    row.hidden = !run;
    if (!run) return;
    state = run.state;
    const over = state === "ended";
    pause.textContent = state === "paused" ? "Go on" : "Pause";
    for (const button of [pause, stop, range]) button.disabled = over;
    scheduled.disabled = over || run.scheduled;
    bar.value = run.done;
    words.setAttribute("aria-live", state === "training" ? "off" : "polite"); // ten times a second nobody can listen
    words.textContent = run.words;
    if (wanted === run.rate || over) wanted = null;
    if (held || wanted !== null) return;
    range.value = Math.log10(run.rate || 10 ** RATES.low);
    shown.textContent = shortRate(run.rate);
    range.setAttribute("aria-valuetext", shown.textContent);
  };
  return { row, show };
}

function render({ model, el }) {
  const { row, show: showHandles } = handles(model);
  const curves = h("div", { class: "mg-curves" });
  const root = viewRoot("monitor", {}, row, curves);
  const open = (target) => target.closest(".mg-film") && askForFilm(model, Number(target.closest(".mg-film").dataset.step));
  curves.addEventListener("click", (event) => open(event.target));
  curves.addEventListener("keydown", (event) => {
    if ((event.key === "Enter" || event.key === " ") && event.target.closest(".mg-film")) {
      event.preventDefault();
      open(event.target);
    }
  });
  const show = () => {
    const focused = curves.contains(document.activeElement) ? document.activeElement.dataset.step : null;
    curves.innerHTML = model.get("_data").svg;
    if (focused) curves.querySelector(`.mg-film[data-step="${focused}"]`)?.focus();
    showHandles(model.get("_data").run);
  };
  const events = listener(model);
  events.on("change:_data", show);
  show();
  el.append(root, filmBelow(model, events));
  return events.off;
}

export default { render };
