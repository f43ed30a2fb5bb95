// What a composed page does, and what it says of itself. Elements name what they do in data-act.
"use strict";
(() => {
  const state = {};  // what no control holds: what was pressed, chosen, removed
  const byId = (id) => document.getElementById(id);
  const tell = (words) => { const line = byId("said"); if (line) line.textContent = words; };
  const shut = () => { for (const one of document.querySelectorAll("[data-popup]")) one.hidden = true; };
  const doing = {
    press(target, id) {
      state[`pressed ${id}`] = true;
      tell(`Done: ${target.title || target.textContent.trim()}`);
      shut();
    },
    choose(target, group) {
      state[`chosen ${group}`] = target.id;
      for (const one of document.querySelectorAll(`[data-act="choose ${group}"]`)) one.classList.toggle("sel", one === target);
    },
    tab(target, group) {
      for (const one of document.querySelectorAll(`[data-act="tab ${group}"]`)) {
        one.classList.toggle("active", one === target);
        byId(`${one.id}-body`).hidden = one !== target;
      }
    },
    open(target, id) {
      const popup = byId(id), hidden = popup.hidden;
      shut();
      popup.hidden = !hidden;
      if (popup.classList.contains("menu")) {
        const box = target.getBoundingClientRect();
        popup.style.left = `${box.left + scrollX}px`;
        popup.style.top = `${box.bottom + scrollY}px`;
      }
    },
    fold(target, id) { byId(id).hidden = !byId(id).hidden; },
    close() { shut(); },
    remove(target, id) { state[`removed ${id}`] = true; byId(id).remove(); },
    step(target, id, by) { const field = byId(id); field.value = String(Number(field.value) + Number(by)); },
    rate(target, group, count) {
      state[`rated ${group}`] = Number(count);
      tell(`${count} of 5`);
    },
  };
  addEventListener("click", (event) => {
    const target = event.target.closest("[data-act]");
    if (!target) { if (!event.target.closest("[data-popup]")) shut(); return; }
    event.preventDefault();
    const [verb, ...rest] = target.dataset.act.split(" ");
    doing[verb](target, ...rest);
  });
  globalThis.composedState = () => {
    const found = { ...state };
    for (const one of document.querySelectorAll("input, select, textarea")) {
      found[one.id] = ["checkbox", "radio"].includes(one.type) ? one.checked : one.value;
    }
    return found;
  };
  globalThis.composedBegin = async (words) => {
    const frames = (count) => new Promise((done) => {
      const tick = (left) => left ? requestAnimationFrame(() => tick(left - 1)) : done();
      tick(count);
      setTimeout(done, 300);
    });
    document.adoptedStyleSheets = [];
    await document.fonts.ready;
    await frames(2);
    return words;
  };
})();
