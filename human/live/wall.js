"use strict";
// The wall of an evaluation: a small screen for each episode that goes on. Texts are put in as text.

const $ = (id) => document.getElementById(id);
const PAGE = document.body.dataset.page, RETRY_MS = 500;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let over = false;

async function command(what) {
  const answer = await fetch("command", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ page: PAGE, do: what }),
  });
  const result = await answer.json();
  $("trouble").textContent = answer.ok ? "" : result.error || "That was refused.";
  return answer.ok ? result : null;
}
$("stop").addEventListener("click", () => command("stop"));
$("invite").addEventListener("click", async () => {
  const made = await command("invite");
  if (!made) return;
  $("link").hidden = false;
  $("link").value = made.link;
  $("link").select();
});

function figureOf(screen) {
  const id = "episode-" + screen.name;
  let figure = $(id);
  if (!figure) {
    figure = document.createElement("figure");
    figure.id = id;
    figure.append(new Image(), document.createElement("figcaption"));
    figure.firstChild.alt = "";
  }
  if (figure.dataset.frame !== screen.frame) {
    figure.dataset.frame = screen.frame;
    figure.firstChild.src = `picture?page=${PAGE}&name=${encodeURIComponent(screen.name)}&frame=${screen.frame}`;
  }
  figure.lastChild.textContent = `${screen.name}, step ${screen.step}: ${screen.words}`;
  return figure;
}

function show(state) {
  over = state.ended;
  $("title").textContent = state.title;
  const counts = Object.entries(state.counts).map(([mark, count]) => `${count} ${mark}`).join(", ");
  $("counts").textContent = (state.ended ? "Ended: " : "") + counts;
  $("screens").replaceChildren(...state.screens.map(figureOf));
  $("over").replaceChildren(...state.over.map((one) => {
    const line = document.createElement("li");
    line.className = one.mark;
    line.textContent = `${one.name}: ${one.mark}${one.reason ? ", " + one.reason : ""}`;
    return line;
  }));
  if (over) for (const button of document.querySelectorAll("button")) button.disabled = true;
}

async function watch() {
  let version = 0;
  while (!over) {
    try {
      const answer = await fetch(`state?page=${PAGE}&after=${version}`);
      if (!answer.ok) throw new Error(answer.status);
      const state = await answer.json();
      $("trouble").textContent = "";
      version = state.version;
      show(state);
    } catch {
      $("trouble").textContent = "The connection is lost; trying again.";
      await pause(RETRY_MS);
    }
  }
}
addEventListener("pagehide", () => {
  navigator.sendBeacon("leave", new Blob([PAGE], { type: "application/json" }));
});
history.replaceState(null, "", location.pathname);
watch();
