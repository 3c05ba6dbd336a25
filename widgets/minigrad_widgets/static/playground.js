// OptimizerPlayground: shows every step of a race that Python ran, and asks for another. `racing/picture.py` draws the same.
const numbers = (packed) => (packed ? packed.split(" ").map(Number) : []);
const rounded = (x) => String(Math.round(x * 10) / 10).replace(/^-0$/, "0");
const moved = (x, y) => `translate(${rounded(x)} ${rounded(y)})`;
const between = (x, low, high) => Math.min(Math.max(x, low), high);
const points = (xs, ys, end) => xs.slice(0, end).map((x, k) => `${rounded(x)},${rounded(ys[k])}`).join(" ");
const brief = (x) => String(Number(x.toPrecision(3))).replace("-", "−");
const PATIENCE = 4000; // milliseconds until the kernel is said not to answer

// Settings that the reader moves. One question at a time goes to the kernel; what has changed meanwhile is asked next.
function asking(model, told) {
  let wanted = {};
  let waiting = null;
  const send = () => {
    for (const [name, value] of Object.entries(wanted)) model.set(name, value);
    wanted = {};
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      waiting = null;
      told("No kernel answers: the race as it was run last is shown.");
    }, PATIENCE);
    model.save_changes();
  };
  return {
    ask(name, value) {
      wanted[name] = value;
      if (!waiting) send();
    },
    get: (name) => wanted[name] ?? model.get(name),
    answered() {
      clearTimeout(waiting);
      waiting = null;
      if (Object.keys(wanted).length) send();
      else told("");
    },
    stop: () => clearTimeout(waiting),
  };
}

// A slider over the places that Python names; the value itself may lie between two of them.
function slider(label, places, value, moves) {
  const nearest = (x) => places.reduce((best, place, k) => (Math.abs(place - x) < Math.abs(places[best] - x) ? k : best), 0);
  const shown = h("span", { class: "mg-number" });
  const input = h("input", {
    type: "range", min: 0, max: places.length - 1, step: 1, "aria-label": label,
    oninput: () => moves(places[Number(input.value)]),
  });
  const set = (x) => {
    input.value = nearest(x);
    shown.textContent = String(x);
    input.setAttribute("aria-valuetext", String(x));
  };
  set(value);
  return { row: h("label", { class: "mg-slider" }, h("span", { class: "mg-soft" }, label.split(": ").at(-1)), input, shown), set };
}

function render({ model, el }) {
  let built, markup, lanes, rows, sliders, grounds, part, start;
  const data = () => model.get("_data");
  const end = () => data().end;
  const note = h("div", { class: "mg-soft", role: "status" });
  const question = asking(model, (words) => (note.textContent = words || HINT));
  const HINT = "Click the map or drag the ring to begin elsewhere (on the keyboard: Tab to the ring, then the arrow keys). Each move is run anew by the optimisers themselves.";
  note.textContent = HINT;
  const film = player(model, { end, show: () => show(), label: "steps taken" });
  const holder = h("div", { class: "mg-race" });
  const table = h("div", { class: "mg-lanes" });
  const choose = h("select", { "aria-label": "surface", onchange: () => question.ask("surface", choose.value) });
  const terrain = h("div", { class: "mg-terrain" });
  const side = h("div", { class: "mg-panel" }, h("label", { class: "mg-row" }, h("span", { class: "mg-soft" }, "surface"), choose), terrain, table, note);
  side.addEventListener("keydown", (event) => event.stopPropagation()); // a slider's arrow keys are not the player's
  const root = viewRoot("playground", { tabindex: 0 }, film.bar, h("div", { class: "mg-arena" }, holder, side));
  film.listen(root);
  el.append(root);

  // Where a point of the screen lies on the surface, held inside the map.
  const place = (event) => {
    const { map } = data();
    const box = part("frame")[0].getBoundingClientRect();
    const across = between((event.clientX - box.left) / box.width, 0, 1);
    const down = between((event.clientY - box.top) / box.height, 0, 1);
    return [map.x[0] + across * (map.x[1] - map.x[0]), map.y[1] - down * (map.y[1] - map.y[0])];
  };
  const begin = (point) => {
    question.ask("start", point.map((x) => Number(x.toPrecision(4))));
    ring();
  };
  const ring = () => {
    const { map } = data();
    const [x, y] = question.get("start");
    const across = ((x - map.x[0]) / (map.x[1] - map.x[0])) * map.width;
    const down = ((map.y[1] - y) / (map.y[1] - map.y[0])) * map.height;
    start.setAttribute("transform", moved(across, down));
    start.setAttribute("aria-label", `start: x ${brief(x)}, y ${brief(y)}; arrow keys move it`);
  };
  let dragged = false;
  holder.addEventListener("pointerdown", (event) => {
    const box = part("frame")[0].getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside || event.button) return;
    dragged = true;
    holder.setPointerCapture(event.pointerId);
    begin(place(event));
    start.focus({ preventScroll: true });
    event.preventDefault();
  });
  holder.addEventListener("pointermove", (event) => dragged && begin(place(event)));
  for (const name of ["pointerup", "pointercancel"]) holder.addEventListener(name, () => (dragged = false));
  const arrows = (event) => {
    const [right, up] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] || [0, 0];
    if (!right && !up) return;
    const { map } = data();
    const size = event.shiftKey ? 8 : 40;
    const [x, y] = question.get("start");
    begin([x + (right * (map.x[1] - map.x[0])) / size, y + (up * (map.y[1] - map.y[0])) / size]);
    event.preventDefault();
    event.stopPropagation();
  };

  // The table and its sliders stay as they are while the same optimisers race.
  const dress = () => {
    const { lanes: all, sliders: which, scales } = data();
    sliders = {};
    rows = all.map((lane) => {
      const mark = trusted("span", {}, `<svg viewBox="-10 -10 20 20" width="20" height="20" aria-hidden="true"><path d="${lane.look[2]}" fill="${lane.look[0]}"/></svg>`);
      const loss = h("span", { class: "mg-standing" });
      const best = h("span", { class: "mg-chip" }, "lowest");
      const shown = h("input", {
        type: "checkbox", "aria-label": `show ${lane.name}`,
        onchange: () => {
          const others = question.get("left_out").filter((name) => name !== lane.name);
          question.ask("left_out", shown.checked ? others : [...others, lane.name]);
          show();
        },
      });
      sliders[lane.name] = Object.fromEntries(which[lane.name].map(([key, words]) => {
        const change = (value) => {
          const options = question.get("options");
          question.ask("options", { ...options, [lane.name]: { ...options[lane.name], [key]: value } });
          controls();
        };
        return [key, slider(`${lane.name}: ${words}`, numbers(scales[key]), 0, change)];
      }));
      const head = h("label", { class: "mg-row" }, shown, mark, h("b", {}, lane.name), loss, best);
      return { root: h("div", { class: "mg-lane" }, head, Object.values(sliders[lane.name]).map((one) => one.row)), loss, best, shown };
    });
    table.replaceChildren(...rows.map((row) => row.root));
  };
  const controls = () => {
    const { surfaces } = data();
    if (choose.options.length !== surfaces.length) choose.replaceChildren(...surfaces.map((name) => h("option", { value: name }, name)));
    choose.value = question.get("surface");
    const options = question.get("options");
    for (const [name, own] of Object.entries(sliders)) for (const [key, one] of Object.entries(own)) one.set(options[name][key]);
    const values = question.get("terrain");
    const kinds = data().terrain.map(([key]) => key).join();
    if (terrain.dataset.kinds !== kinds) {
      terrain.dataset.kinds = kinds;
      grounds = Object.fromEntries(data().terrain.map(([key, words]) => {
        const change = (value) => {
          question.ask("terrain", { ...question.get("terrain"), [key]: value });
          controls();
        };
        return [key, slider(words, numbers(data().scales[key]), 0, change)];
      }));
      terrain.replaceChildren(...Object.values(grounds).map((one) => one.row));
    }
    for (const [key, one] of Object.entries(grounds)) if (key in values) one.set(values[key]);
  };

  // The lines of a race, whole; `show` then goes through its steps.
  const draw = () => {
    const { svg, across } = data();
    if (markup !== svg) {
      markup = svg;
      holder.innerHTML = svg;
      part = (name) => [...holder.querySelectorAll(`[data-part=${name}]`)];
      start = part("start")[0];
      for (const [name, value] of [["tabindex", "0"], ["role", "button"]]) start.setAttribute(name, value);
      start.addEventListener("keydown", arrows);
    }
    lanes = data().lanes.map((lane) => ({ ...lane, x: numbers(lane.x), y: numbers(lane.y), chart: numbers(lane.chart), losses: lane.losses.split(" ") }));
    const [whole, curve, leader, name] = ["whole", "curve", "leader", "name"].map(part);
    lanes.forEach((lane, n) => {
      whole[n].setAttribute("points", points(lane.x, lane.y));
      curve[n].setAttribute("points", points(lane.chart.map((_, k) => k * across), lane.chart));
      const { width } = data().map;
      leader[n].setAttribute("d", `M${rounded(width)} ${rounded(between(lane.chart.at(-1), 0, data().chart))}L${rounded(width + 14)} ${rounded(lane.beside)}`);
      name[n].setAttribute("y", rounded(lane.beside + 4));
    });
  };
  const worth = (told) => (told === "nan" || told === "∞" ? Infinity : Number(told.replace("−∞", "-Infinity").replaceAll("−", "-")));
  const show = () => {
    if (data() !== built) return build();
    const position = Math.min(film.now(), end());
    const { map, across } = data();
    const out = question.get("left_out");
    const gone = (lane) => lane.diverged !== null && position >= lane.diverged;
    const values = lanes.map((lane) => (out.includes(lane.name) || gone(lane) ? Infinity : worth(lane.losses[position])));
    const lowest = Math.min(...values);
    const [travelled, now, spot] = ["gone", "now", "spot"].map(part);
    const said = lanes.map((lane, n) => {
      const [x, y] = [lane.x[position], lane.y[position]];
      const held = [between(x, 0, map.width), between(y, 0, map.height)];
      const off = held[0] !== x || held[1] !== y;
      travelled[n].setAttribute("points", points(lane.x, lane.y, position + 1));
      now[n].setAttribute("transform", moved(...held));
      now[n].setAttribute("fill", off ? data().ground : lane.look[0]);
      now[n].setAttribute("stroke", off ? lane.look[0] : data().ground);
      spot[n].setAttribute("transform", `${moved(position * across, between(lane.chart[position], 0, data().chart))} scale(0.65)`);
      for (const mark of holder.querySelectorAll(`[data-lane="${n}"]`)) mark.setAttribute("visibility", out.includes(lane.name) ? "hidden" : "visible");
      const standing = gone(lane) ? `diverged at step ${lane.diverged}` : `loss ${lane.losses[position]}`;
      rows[n].loss.classList.toggle("mg-lost", gone(lane));
      rows[n].loss.textContent = gone(lane) ? `✕ ${standing}` : off ? `${standing}, off the map` : standing;
      rows[n].best.hidden = !(values[n] === lowest && lowest < Infinity && values.filter((v) => v === lowest).length === 1);
      rows[n].shown.checked = !out.includes(lane.name);
      return `${lane.name} ${standing}`;
    });
    part("cursor")[0].setAttribute("d", `M${rounded(position * across)} 0v${rounded(data().chart)}`);
    film.tell(position, said.filter((_, n) => !out.includes(lanes[n].name)).join("; "));
  };
  const build = () => {
    const same = built && built.lanes.map((l) => l.name).join("\n") === data().lanes.map((l) => l.name).join("\n");
    built = data();
    draw();
    if (!same) dress();
    controls();
    ring();
    show();
  };
  const answer = () => {
    build();
    question.answered();
  };
  const events = listener(model);
  events.on("change:_data", answer);
  for (const name of ["surface", "start", "options", "terrain", "left_out"]) events.on(`change:${name}`, () => data() === built && (controls(), ring(), show()));
  events.on("change:position", film.moved);
  events.on("change:playing", film.playButton);
  build();
  return () => {
    events.off();
    film.stop();
    question.stop();
  };
}

const initialize = ({ model }) => clock(model, () => model.get("_data").end, 60, () => Math.max(1, Math.round(model.get("_data").end / 150)));

export default { initialize, render };
