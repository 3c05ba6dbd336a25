// The film of a step beneath a view: a view of its own, which Python makes when it is asked for (opens_films.py).
const askForFilm = (model, step) => model.send({ ask: "film", step });

function filmBelow(model, events) {
  const holder = h("div", { class: "mg-below-film" });
  let view = null;
  const show = async () => {
    const key = model.get("film_view");
    view?.remove();
    view = null;
    holder.replaceChildren();
    if (typeof key !== "string" || !model.widget_manager) return;
    const child = await model.widget_manager.get_model(key.replace("IPY_MODEL_", ""));
    const made = await model.widget_manager.create_view(child);
    if (model.get("film_view") !== key) return made.remove();
    view = made;
    holder.replaceChildren(h("h4", {}, `The film of step ${model.get("film_step")}`), view.el);
    view.el.scrollIntoView({ block: "nearest" });
  };
  events.on("change:film_view", show);
  show();
  return holder;
}
