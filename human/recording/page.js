"use strict";
// Shows the desktop, sends what is done on it, and tells what was recorded. Whatever comes from the
// desktop is put into the page as text or as a picture, never as markup.

const MOST_EVENTS = 200, MOVE_MS = 30, RETRY_MS = 500, NOTCH = 100, BUTTONS = ["left", "middle", "right"];
const PAGE = document.body.dataset.page;
const $ = (id) => document.getElementById(id);
const stage = $("stage"), canvas = $("screen"), keys = $("keys"), drawn = $("drawn");
const [WIDTH, HEIGHT] = document.body.dataset.size.split("x").map(Number);
canvas.width = WIDTH;
canvas.height = HEIGHT;

let over = false, masking = null, isMasking = false;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// What is sent: events in order, each once, one batch at a time.

const waiting = [];
let first = 0, sending = null;

function send(event) {
  if (over) return;
  event.t = performance.now();
  const last = waiting[waiting.length - 1];
  if (event.kind === "move" && last && last.kind === "move" && waiting.length > inFlight) waiting.pop();
  waiting.push(event);
  if (!sending) sending = flush().finally(() => { sending = null; });
}

let inFlight = 0;

async function flush() {
  while (waiting.length && !over) {
    const events = waiting.slice(0, MOST_EVENTS);
    inFlight = events.length;
    try {
      const answer = await post("events", { page: PAGE, first, events });
      const result = await answer.json();
      if (answer.ok) {
        waiting.splice(0, result.next - first);
        first = result.next;
      } else if (answer.status === 400) {
        waiting.splice(result.index ?? 0, result.index === undefined ? events.length : 1);
        showStatus("The desktop has no such key or place: " + (result.error || ""), true);
      } else if (answer.status === 409 && result.next !== undefined) {
        first = result.next;
      } else if (answer.status === 503) {
        await pause(RETRY_MS);
      } else {
        end("This recording is open in another page.");
      }
    } catch {
      lost();
      await pause(RETRY_MS);
    }
    inFlight = 0;
  }
}

async function command(what) {
  while (sending) await sending;
  try {
    const answer = await post("command", { page: PAGE, command: what });
    if (!answer.ok) showStatus((await answer.json()).error || "That was refused.", true);
  } catch {
    lost();
  }
}

const post = (path, value) => fetch(path, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value),
});

// The mouse.

function place(event) {
  const box = canvas.getBoundingClientRect();
  const across = Math.floor((event.clientX - box.left) * WIDTH / box.width);
  const down = Math.floor((event.clientY - box.top) * HEIGHT / box.height);
  return { x: Math.min(Math.max(across, 0), WIDTH - 1), y: Math.min(Math.max(down, 0), HEIGHT - 1) };
}

const down = new Set();
let lastMove = 0;

// Not prevented: then no mouse events would follow.
canvas.addEventListener("pointerdown", (event) => {
  keys.focus({ preventScroll: true });
  canvas.setPointerCapture(event.pointerId);
  if (isMasking) {
    masking = place(event);
    draw(masking, masking);
  }
});
// Buttons pressed while another is down are reported as moves of the pointer only; as mouse events they are reported.
canvas.addEventListener("mousedown", (event) => {
  event.preventDefault();
  if (isMasking || masking || !BUTTONS[event.button]) return;
  down.add(BUTTONS[event.button]);
  send({ kind: "press", ...place(event), button: BUTTONS[event.button] });
});
canvas.addEventListener("pointermove", (event) => {
  if (masking) return draw(masking, place(event));
  if (isMasking || performance.now() - lastMove < MOVE_MS) return;
  lastMove = performance.now();
  send({ kind: "move", ...place(event) });
});
canvas.addEventListener("mouseup", (event) => {
  event.preventDefault();
  if (masking) return endMask(place(event));
  if (!down.delete(BUTTONS[event.button])) return;
  send({ kind: "release", ...place(event), button: BUTTONS[event.button] });
});
canvas.addEventListener("contextmenu", (event) => event.preventDefault());

const turned = { x: 0, y: 0 };

canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  const unit = event.deltaMode === 0 ? NOTCH : event.deltaMode === 1 ? 3 : 1;
  turned.x += event.deltaX / unit;
  turned.y += event.deltaY / unit;
  const whole = (value) => Math.min(Math.max(Math.trunc(value), -20), 20);
  const dx = whole(turned.x), dy = whole(turned.y);
  if (!dx && !dy) return;
  turned.x -= dx;
  turned.y -= dy;
  send({ kind: "wheel", ...place(event), dx, dy });
}, { passive: false });

// The keyboard. Composed text (of an input method, a dead key) arrives as text.

const pressed = new Map();
const UNNAMED = new Set(["Dead", "Process", "Unidentified", "AltGraph", "Compose", "Fn", "FnLock", "Convert",
  "NonConvert", "KanaMode", "HiraganaKatakana", "Hankaku", "Zenkaku", "ZenkakuHankaku"]);

keys.addEventListener("keydown", (event) => {
  if (event.isComposing || UNNAMED.has(event.key)) return;
  event.preventDefault();
  const isText = [...event.key].length === 1;
  if (isText && event.getModifierState("AltGraph")) return send({ kind: "text", text: event.key });
  const key = { key: event.key, code: event.code };
  pressed.set(event.code || event.key, key);
  send({ kind: "key_down", ...key, text: isText ? event.key : "" });
});
keys.addEventListener("keyup", (event) => {
  const key = pressed.get(event.code || event.key);
  if (!key) return;
  event.preventDefault();
  pressed.delete(event.code || event.key);
  send({ kind: "key_up", ...key });
});
keys.addEventListener("compositionend", (event) => {
  const text = event.data;
  keys.value = "";
  if (text) send({ kind: "text", text: text.slice(0, 2000) });
});
keys.addEventListener("input", (event) => {
  if (event.isComposing || event.inputType === "insertCompositionText") return;
  const text = keys.value;
  keys.value = "";
  if (text) send({ kind: "text", text: text.slice(0, 2000) });
});
for (const kind of ["paste", "drop"]) keys.addEventListener(kind, (event) => event.preventDefault());

function letGo() {
  for (const key of pressed.values()) send({ kind: "key_up", ...key });
  pressed.clear();
}
keys.addEventListener("blur", letGo);
addEventListener("blur", letGo);

$("chords").addEventListener("change", (event) => {
  const names = event.target.value.split("+").filter(Boolean);
  event.target.value = "";
  for (const key of names) send({ kind: "key_down", key, code: "", text: "" });
  for (const key of names.reverse()) send({ kind: "key_up", key, code: "" });
  keys.focus();
});

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

function put(element, [left, top, right, bottom]) {
  element.style.left = 100 * left / WIDTH + "%";
  element.style.top = 100 * top / HEIGHT + "%";
  element.style.width = 100 * (right - left) / WIDTH + "%";
  element.style.height = 100 * (bottom - top) / HEIGHT + "%";
}
const around = (one, other) => [
  Math.min(one.x, other.x), Math.min(one.y, other.y), Math.max(one.x, other.x), Math.max(one.y, other.y),
];

function draw(start, end) {
  drawn.hidden = false;
  put(drawn, around(start, end));
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
    put(shown, box);
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
const lost = () => { if (!over) showStatus("The connection is lost; trying again.", true); };

function end(text) {
  over = true;
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

// What comes: the screen and the state, each asked for again and again.

async function watchScreen() {
  let number = 0;
  while (!over) {
    try {
      const answer = await fetch(`screen?page=${PAGE}&after=${number}`);
      if (answer.status === 200) {
        number = Number(answer.headers.get("X-Number"));
        const picture = await createImageBitmap(await answer.blob());
        canvas.getContext("2d").drawImage(picture, 0, 0);
        picture.close();
        canvas.dataset.number = number;
      } else if (answer.status !== 204) {
        await pause(RETRY_MS);
      }
    } catch {
      await pause(RETRY_MS);
    }
  }
}

async function watchState() {
  let version = 0, line = 0, trouble = false;
  while (!over) {
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

// What was done last must not be lost with the page: what arrived already is not done again.
addEventListener("pagehide", () => {
  if (over) return;
  const beacon = (path, text) => navigator.sendBeacon(path, new Blob([text], { type: "application/json" }));
  const events = waiting.slice(0, MOST_EVENTS);
  if (events.length) beacon("events", JSON.stringify({ page: PAGE, first, events }));
  beacon("leave", PAGE);
});
addEventListener("beforeunload", (event) => { if (!over) event.preventDefault(); });
history.replaceState(null, "", location.pathname);
keys.focus();
watchScreen();
watchState();
