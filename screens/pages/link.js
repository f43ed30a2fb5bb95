// Waits for what the harness wants and answers it: go to another page, or tell what is on this one.
"use strict";

(() => {
  const frames = (count) => new Promise((done) => {
    const tick = (left) => left ? requestAnimationFrame(() => tick(left - 1)) : done();
    tick(count);
    setTimeout(done, 300);
  });

  async function serve() {
    if (globalThis.deskhandBegin) await deskhandBegin();
    await frames(2);
    await fetch("/ready?" + encodeURIComponent(location.pathname + location.search), { method: "POST" });
    for (;;) {
      const wish = await (await fetch("/wish")).json();
      if (wish.blank) { document.documentElement.replaceChildren(); await frames(2); }
      if (wish.go) { location.href = wish.go; return; }
      if (wish.tell) {
        let said;
        try { said = deskhandTruth.collect(); } catch (error) { said = { error: String(error && error.stack || error) }; }
        await fetch("/truth?" + wish.tell, { method: "POST", body: JSON.stringify(said) });
      }
    }
  }

  if (document.readyState === "complete") serve();
  else addEventListener("load", () => serve());
})();
