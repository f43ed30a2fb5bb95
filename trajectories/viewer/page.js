"use strict";
// Shows the steps of one or two trajectories. Foreign texts reach the document only as textContent.
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const runs = data.trajectories;
  const names = [];  // step numbers of all runs, in order
  const steps = runs.map((run) => new Map(run.steps.map((step) => [step.n, step])));
  let shown = [];  // numbers of the steps that filter and search leave
  let chosen = null;

  const make = (tag, text, kind) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (kind) element.className = kind;
    return element;
  };

  // Pictures: put together from the stored chain of crops when they are shown, a few kept.
  const KEPT = 24;
  const kept = new Map();
  const bytes = (id) => Uint8Array.from(atob(byId(id).textContent), (c) => c.charCodeAt(0));
  const picture = (number) => {
    if (kept.has(number)) {
      const known = kept.get(number);
      kept.delete(number);
      kept.set(number, known);
      return known;
    }
    const made = compose(number);
    kept.set(number, made);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value);
    return made;
  };
  const compose = async (number) => {
    const about = data.pictures[number];
    if (about.fault) throw new Error(about.fault);
    if (!byId(`picture-${number}`)) throw new Error(`frame ${about.digest} is missing`);
    const crop = await createImageBitmap(new Blob([bytes(`picture-${number}`)], { type: "image/webp" }));
    const canvas = new OffscreenCanvas(about.width, about.height);
    const pen = canvas.getContext("2d");
    if (about.base >= 0) pen.drawImage(await picture(about.base), 0, 0);
    pen.drawImage(crop, about.left, about.top);
    return canvas;
  };
  const elementsOf = (number) => {
    const block = byId(`elements-${number}`);
    return block ? JSON.parse(block.textContent) : [];
  };

  // The film strip: a thumbnail is drawn when it comes into sight.
  const thumbnails = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      thumbnails.unobserve(entry.target);
      thumbnail(entry.target);
    }
  }, { root: byId("strip"), rootMargin: "300px" });
  const thumbnail = async (canvas) => {
    const step = stepOf(canvas.dataset.step);
    try {
      const full = await picture(step.frame);
      canvas.width = 208;
      canvas.height = Math.round(208 * full.height / full.width);
      canvas.getContext("2d").drawImage(full, 0, 0, canvas.width, canvas.height);
    } catch (error) {
      canvas.title = error.message;
    }
  };
  const stepOf = (name) => steps.map((run) => run.get(name)).find((step) => step !== undefined);
  const isBad = (step) => step.error !== "" || step.actions.some((action) => !["ok", ""].includes(action.status));
  const words = (step) => step.error !== "" ? "no action" : step.actions.map((action) => action.words).join(", ");

  const buttons = new Map();
  const fillStrip = () => {
    const strip = byId("strip");
    for (const name of names) {
      const step = stepOf(name);
      const button = make("button");
      button.type = "button";
      button.dataset.step = name;
      const canvas = make("canvas");
      canvas.dataset.step = name;
      button.append(canvas, make("span", `${name}  ${words(step)}`, isBad(step) ? "words bad" : "words"));
      button.addEventListener("click", () => choose(name));
      strip.append(button);
      buttons.set(name, button);
      thumbnails.observe(canvas);
    }
  };

  // What is searched and filtered.
  const haystacks = new Map();
  const haystack = (name) => {
    if (!haystacks.has(name)) {
      const parts = [];
      for (const run of steps) {
        const step = run.get(name);
        if (!step) continue;
        parts.push(step.thought, step.reflection, step.raw, step.error, step.change, ...step.notes, ...step.repairs);
        for (const action of step.actions) parts.push(action.words, action.text ?? "", action.reason);
      }
      haystacks.set(name, parts.join("\n").toLowerCase());
    }
    return haystacks.get(name);
  };
  const fits = (name, filter) => steps.some((run) => {
    const step = run.get(name);
    if (!step) return false;
    switch (filter) {
      case "all": return true;
      case "bad": return isBad(step);
      case "error": return step.error !== "";
      case "still": return step.change === "nothing changed";
      default: return step.actions.some((action) => action.kind === filter);
    }
  });
  const sift = () => {
    const wanted = byId("search").value.trim().toLowerCase();
    const filter = byId("filter").value;
    shown = names.filter((name) => fits(name, filter) && (!wanted || haystack(name).includes(wanted)));
    const left = new Set(shown);
    for (const [name, button] of buttons) button.hidden = !left.has(name);
    byId("status").textContent = names.length && !shown.length ? "No step fits." : "";
    if (shown.length && !left.has(chosen)) choose(shown[0]);
  };

  // One step.
  const choose = (name) => {
    if (!buttons.has(name)) return;
    chosen = name;
    for (const button of document.querySelectorAll("#strip [aria-current]")) button.removeAttribute("aria-current");
    buttons.get(name).setAttribute("aria-current", "true");
    buttons.get(name).scrollIntoView({ block: "nearest" });
    if (location.hash !== `#step-${name}`) history.replaceState(null, "", `#step-${name}`);
    show();
  };
  const show = () => {
    const view = byId("view");
    view.replaceChildren();
    view.className = runs.length > 1 ? "two" : "";
    runs.forEach((run, number) => {
      const step = steps[number].get(chosen);
      const article = make("article");
      if (runs.length > 1) article.append(make("h2", run.name));
      article.append(...(step ? stepParts(step) : [make("p", "This one has no such step.")]), about(run));
      view.append(article);
    });
  };
  const stepParts = (step) => {
    const parts = [make("h2", `Step ${step.n}: ${words(step)}`)];
    const pair = make("div", undefined, "pair");
    pair.append(look(step, step.frame, "before", true));
    if (step.after !== null) pair.append(look(step, step.after, step.change || "after", false));
    parts.push(pair);
    const add = (title, content) => parts.push(make("h3", title), content);
    if (step.thought) add("thought", make("pre", step.thought));
    if (step.reflection) add("reflection", make("pre", step.reflection));
    if (step.error) add("the reply is no action", make("pre", step.error, "no"));
    if (step.actions.length) add("actions", actions(step.actions));
    if (step.notes.length) add("notes", list(step.notes));
    if (step.repairs.length) add("repaired in the reply", list(step.repairs));
    if (step.candidates.length) add("considered", candidates(step.candidates));
    if (step.raw) add("raw reply", make("pre", step.raw));
    const times = [];
    if (step.seconds !== null) times.push(["decided after", `${step.seconds} s`]);
    if (step.thinking) times.push(["thinking", `${step.thinking} s`]);
    if (step.tokens[0] || step.tokens[1]) times.push(["tokens", `${step.tokens[0]} in, ${step.tokens[1]} out`]);
    if (step.cost !== null) times.push(["cost", String(step.cost)]);
    if (step.masked.length) times.push(["painted over", `${step.masked.length} regions`]);
    add("times", table(times));
    return parts;
  };
  const actions = (some) => {
    const body = make("table");
    for (const action of some) {
      const row = make("tr");
      const whose = action.by ? "by a person: " : "";
      const said = whose + (action.hidden ? `${action.words} (what was typed is hidden)` : action.words);
      row.append(make("td", said), make("td", action.status, action.status === "ok" ? "ok" : "no"));
      row.append(make("td", action.reason), make("td", action.ms === null ? "" : `${action.ms} ms`));
      body.append(row);
    }
    return body;
  };
  const percent = (share) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
  const candidates = (some) => {
    const body = make("table", undefined, "candidates");
    for (const one of some) {
      const row = make("tr");
      const bar = make("meter");
      bar.value = one.probability;
      const shown = make("td");
      shown.append(bar);
      row.append(make("th", one.role), make("td", one.name), make("td", percent(one.probability)), shown);
      body.append(row);
    }
    return body;
  };
  const about = (run) => {
    const details = make("details");
    details.append(make("summary", "the run"), table(run.facts));
    const add = (title, some) => { if (some.length) details.append(make("h3", title), list(some)); };
    add("files", run.files);
    add("notes", run.notes);
    add("mended to read it", run.repairs);
    details.append(make("h3", "header"), make("pre", run.details));
    return details;
  };
  const list = (some) => {
    const body = make("ul");
    for (const one of some) body.append(make("li", one));
    return body;
  };
  const table = (facts) => {
    const body = make("table");
    for (const [label, value] of facts) {
      const row = make("tr");
      row.append(make("th", label), make("td", value));
      body.append(row);
    }
    return body;
  };

  // A screen with what was done drawn on it.
  const look = (step, number, caption, before) => {
    const figure = make("figure");
    const canvas = make("canvas");
    canvas.width = data.pictures[number].width || 1280;
    canvas.height = data.pictures[number].height || 800;
    const below = make("figcaption", caption);
    figure.append(canvas, below);
    picture(number).then((full) => {
      const pen = canvas.getContext("2d");
      pen.drawImage(full, 0, 0);
      if (!byId("marks").checked) { canvas.dataset.drawn = "plain"; return; }
      if (before) drawBefore(pen, step, number);
      else for (const box of step.changed) frame(pen, box, "#2563eb", 2);
      canvas.dataset.drawn = "marked";
    }).catch((error) => {
      below.textContent = `${caption}: ${error.message}`;
      below.className = "no";
    });
    return figure;
  };
  const INK = "#dc2626";
  const LEAST_SHOWN = 0.01;  // of a candidate that is drawn
  const drawBefore = (pen, step, number) => {
    for (const element of elementsOf(number)) {
      frame(pen, element.box, "#16a34a", 1);
      label(pen, element.box[0], element.box[1], `${element.role} ${element.name}`.slice(0, 40), "#16a34a");
    }
    for (const one of step.candidates) {
      if (!one.box || one.probability < LEAST_SHOWN) continue;
      frame(pen, one.box, "#d97706", 2);
      label(pen, one.box[0], one.box[3] + 18, percent(one.probability), "#d97706");
    }
    for (const box of step.masked) hatch(pen, box);
    for (const action of step.actions) {
      if (action.target) frame(pen, action.target.box, INK, 3);
      const [first, last] = [action.points[0], action.points[action.points.length - 1]];
      if (action.points.length > 1) { path(pen, action.points); }
      if (first) ring(pen, first);
      if (action.turn) arrow(pen, first ?? [60, 60], action.turn);
      if (action.text !== null) {
        const box = action.target ? action.target.box : [20, 20, 0, 0];
        label(pen, box[0], box[1], action.hidden ? "hidden text" : action.text.slice(0, 80), INK);
      }
      if (last && action.points.length > 1) ring(pen, last, 6);
    }
  };
  const frame = (pen, box, colour, width) => {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.strokeRect(box[0], box[1], box[2] - box[0], box[3] - box[1]);
  };
  const hatch = (pen, box) => {
    frame(pen, box, "#a855f7", 2);
    label(pen, box[0], box[1], "painted over", "#a855f7");
  };
  const ring = (pen, [x, y], radius = 14) => {
    for (const [colour, width] of [["#fff", 6], [INK, 3]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.beginPath();
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      pen.stroke();
    }
    pen.fillStyle = INK;
    pen.fillRect(x - 2, y - 2, 4, 4);
  };
  const path = (pen, points) => {
    pen.strokeStyle = INK;
    pen.lineWidth = 3;
    pen.beginPath();
    points.forEach(([x, y], n) => (n ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.stroke();
  };
  const arrow = (pen, [x, y], [dx, dy]) => {
    const to = [x + 40 * Math.sign(dx), y + 40 * Math.sign(dy)];
    path(pen, [[x, y], to]);
    ring(pen, to, 5);
  };
  const label = (pen, x, y, text, colour) => {
    pen.font = "13px system-ui, sans-serif";
    const wide = pen.measureText(text).width + 8;
    const top = y >= 18 ? y - 18 : y;
    pen.fillStyle = colour;
    pen.fillRect(x, top, wide, 18);
    pen.fillStyle = "#fff";
    pen.fillText(text, x + 4, top + 13);
  };

  // Keys, links, looks.
  const move = (by) => {
    const at = shown.indexOf(chosen);
    if (shown.length) choose(shown[Math.max(0, Math.min(shown.length - 1, at + by))]);
  };
  const turn = () => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = document.documentElement.dataset.theme || (dark ? "dark" : "light");
    document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
  };
  const help = () => { byId("keys").hidden = !byId("keys").hidden; };
  const mark = () => { byId("marks").checked = !byId("marks").checked; show(); };
  const keys = {
    j: () => move(1), ArrowDown: () => move(1), k: () => move(-1), ArrowUp: () => move(-1),
    Home: () => move(-names.length), End: () => move(names.length),
    "/": () => byId("search").focus(), "?": help, m: mark, t: turn,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") document.activeElement?.blur();
    if (event.target.matches("input[type=search], select")) return;
    const act = keys[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
  byId("search").addEventListener("input", sift);
  byId("filter").addEventListener("change", sift);
  byId("marks").addEventListener("change", show);
  byId("theme").addEventListener("click", turn);
  byId("help").addEventListener("click", help);
  const linked = () => location.hash.replace(/^#step-/, "");
  addEventListener("hashchange", () => choose(linked()));

  // Begin.
  const seen = new Set();
  for (const run of runs) for (const step of run.steps) seen.add(step.n);
  names.push(...[...seen].sort((a, b) => Number(a) - Number(b)));
  byId("title").textContent = runs.map((run) => run.instruction).join("  |  ");
  for (const kind of new Set(runs.flatMap((run) => run.steps.flatMap((step) => step.actions.map((a) => a.kind))))) {
    const option = make("option", kind);
    option.value = kind;
    byId("filter").append(option);
  }
  fillStrip();
  shown = names;
  const wanted = linked();
  if (names.length) choose(buttons.has(wanted) ? wanted : names[0]);
  else {
    byId("status").textContent = "Nothing was decided in this run.";
    byId("view").append(...runs.map(about));
  }
  document.body.dataset.ready = String(Math.round(performance.now()));
})();
