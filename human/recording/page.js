"use strict";
// The page of a recording: operates the desktop, tells what was recorded, and takes what else the person wants.
// Whatever comes from the desktop is put into the page as text or as a picture, never as markup.

const $ = (id) => document.getElementById(id);
const PAGE = document.body.dataset.page;
const canvas = $("screen"), keys = $("keys"), drawn = $("drawn");
let masking = null, isMasking = false;

const desktop = new Desktop({
  page: PAGE, size: document.body.dataset.size, canvas, keys,
  says: {
    refused: (text) => showStatus(text, true),
    lost: () => lost(),
    gone: () => end("This recording is open in another page."),
  },
  operates: () => !isMasking && !masking,
});

async function command(what) {
  while (desktop.sending) await desktop.sending;
  try {
    const answer = await post("command", { page: PAGE, command: what });
    if (!answer.ok) showStatus((await answer.json()).error || "That was refused.", true);
  } catch {
    lost();
  }
}

$("chords").addEventListener("change", (event) => {
  desktop.chord(event.target.value);
  event.target.value = "";
});

desktop.offerPrograms($("programs"), $("opening"), (name) => command({ do: "open", name }));

$("full").addEventListener("click", async () => {
  try {
    await document.documentElement.requestFullscreen();
    if (navigator.keyboard && navigator.keyboard.lock) await navigator.keyboard.lock();
    keys.focus();
  } catch {
    showStatus("This browser allows no full screen here.", true);
  }
});

// Regions that are painted over.

const around = (one, other) => [
  Math.min(one.x, other.x), Math.min(one.y, other.y), Math.max(one.x, other.x), Math.max(one.y, other.y),
];
canvas.addEventListener("pointerdown", (event) => {
  if (!isMasking) return;
  keys.focus({ preventScroll: true });
  canvas.setPointerCapture(event.pointerId);
  masking = desktop.place(event);
  draw(masking, masking);
});
canvas.addEventListener("pointermove", (event) => { if (masking) draw(masking, desktop.place(event)); });
canvas.addEventListener("mouseup", (event) => { if (masking) endMask(desktop.place(event)); });

function draw(start, end) {
  drawn.hidden = false;
  desktop.put(drawn, around(start, end));
}

function endMask(end) {
  const box = around(masking, end);
  drawn.hidden = true;
  masking = null;
  setMasking(false);
  if (box[2] - box[0] >= 4 && box[3] - box[1] >= 4) command({ do: "mask", box });
  else showStatus("Drag a rectangle over what is to be masked.", true);
}

function setMasking(on) {
  isMasking = on;
  $("mask").setAttribute("aria-pressed", on);
}

function showMasks(boxes) {
  $("masks").replaceChildren(...boxes.map((box) => {
    const shown = document.createElement("div"), remove = document.createElement("button");
    shown.className = "masked";
    desktop.put(shown, box);
    remove.type = "button";
    remove.textContent = "×";
    remove.setAttribute("aria-label", "Remove this mask");
    remove.addEventListener("click", () => command({ do: "unmask", box }));
    shown.append(remove);
    return shown;
  }));
}

// The panel.

const isOn = (id) => $(id).getAttribute("aria-pressed") === "true";
$("pause").addEventListener("click", () => command({ do: "pause", on: !isOn("pause") }));
$("hide").addEventListener("click", () => command({ do: "hide", on: !isOn("hide") }).then(() => keys.focus()));
$("mask").addEventListener("click", () => setMasking(!isMasking));
$("noting").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("note").value.trim();
  $("note").value = "";
  if (text) command({ do: "note", text });
});
$("ending").addEventListener("submit", (event) => {
  event.preventDefault();
  command({ do: "done", answer: $("answer").value.trim() || null });
});
$("stop").addEventListener("click", () => command({ do: "stop" }));

function showStatus(text, isTrouble = false) {
  $("connection").textContent = text;
  $("connection").className = isTrouble ? "lost" : "";
}
const lost = () => { if (!desktop.over) showStatus("The connection is lost; trying again.", true); };

function end(text) {
  desktop.over = true;
  showStatus(text);
  for (const button of document.querySelectorAll("aside button, aside input, aside select")) button.disabled = true;
}

function addLine({ step, kind, text }) {
  const line = document.createElement("li"), number = document.createElement("span");
  line.className = kind;
  number.className = "step";
  number.textContent = kind === "action" ? String(step) : "";
  line.append(number, text);
  $("lines").append(line);
  line.scrollIntoView({ block: "nearest" });
}

function show(state) {
  state.lines.forEach(addLine);
  $("pause").setAttribute("aria-pressed", state.paused);
  $("pause").textContent = state.paused ? "Go on" : "Pause";
  $("hide").setAttribute("aria-pressed", state.hiding);
  showMasks(state.masks);
  if (state.ended) return end("The recording has ended: " + state.ended + ". You can close this page.");
  showStatus(state.paused ? "Paused: nothing is recorded" : state.hiding ? "Recording, typed text is hidden" : "Recording");
  if (!state.paused) $("connection").className = "recording";
}

async function watchState() {
  let version = 0, line = 0, trouble = false;
  while (!desktop.over) {
    try {
      const answer = await fetch(`state?page=${PAGE}&after=${trouble ? 0 : version}&line=${line}`);
      if (answer.status === 409) return end("This recording is open in another page.");
      if (!answer.ok) throw new Error(answer.status);
      const state = await answer.json();
      trouble = false;
      version = state.version;
      line = state.lines.length ? state.lines[state.lines.length - 1].number : line;
      show(state);
    } catch {
      trouble = true;
      lost();
      await pause(RETRY_MS);
    }
  }
}

addEventListener("pagehide", () => { if (!desktop.over) desktop.leave(); });
addEventListener("beforeunload", (event) => { if (!desktop.over) event.preventDefault(); });
history.replaceState(null, "", location.pathname);
keys.focus();
desktop.watch();
watchState();
