// Begins an episode of a MiniWoB++ page: without its START cover, its clock and its display of rewards.
// What the page draws by chance is noted, for oracles of tasks that hide what they want.
// Once the episode has ended the page stays as it is: nothing that is done later changes the reward.
"use strict";

globalThis.deskhandOpen = async (seed) => {
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const frames = (count) => new Promise((done) => {
    const tick = (left) => left ? requestAnimationFrame(() => tick(left - 1)) : done();
    tick(count);
    setTimeout(done, 300);
  });
  const until = async (good, what) => {
    for (let turn = 0; turn < 600 && !good(); turn++) await pause(10);
    if (!good()) throw new Error(what);
  };
  await until(() => document.readyState === "complete" && typeof core === "object" && core.cover_div,
    "the page did not load");
  const style = document.createElement("style");
  style.textContent = "#reward-display, #click-canvas { display: none !important; }";
  document.head.appendChild(style);
  core.EPISODE_MAX_TIME = 1e8;
  core.startEpisode = () => {};
  Math.seedrandom(String(seed));
  const random = Math.random, drawn = globalThis.deskhandDrawn = [];
  Math.random = () => { const one = random(); drawn.push(one); return one; };
  globalThis.deskhandNext = (count) => {
    const again = new Math.seedrandom(String(seed));
    return Array.from({ length: drawn.length + count }, again).slice(-count);
  };
  core.startEpisodeReal();
  await until(() => WOB_TASK_READY, "the task did not become ready");
  document.adoptedStyleSheets = [];
  await frames(2);
  const said = core.getUtterance();
  return typeof said === "string" ? said : said.utterance;
};

globalThis.deskhandState = () => ({
  raw: WOB_RAW_REWARD_GLOBAL, done: WOB_DONE_GLOBAL, reason: String(WOB_REWARD_REASON ?? ""),
});
