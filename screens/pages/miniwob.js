// A MiniWoB++ task without its START cover and its clock: the episode begins at once, from the seed in the address.
"use strict";

globalThis.deskhandBegin = async () => {
  if (typeof core !== "object" || typeof genProblem !== "function") return;
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  for (let turn = 0; turn < 100 && !core.cover_div; turn++) await wait(10);
  Math.seedrandom(new URLSearchParams(location.search).get("seed") || "1");
  core.EPISODE_MAX_TIME = 1e8;
  core.startEpisodeReal();
  for (let turn = 0; turn < 100 && !WOB_TASK_READY; turn++) await wait(10);
};
