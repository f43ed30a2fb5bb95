"use strict";
// The page of a run that goes on: what it sees, thinks and does, and what the person wants of it. Whatever comes
// from the model or the desktop is put into the page as text or as a picture, never as markup.

const $ = (id) => document.getElementById(id);
const PAGE = document.body.dataset.page, IN_CHARGE = document.body.dataset.role === "charge";
const PHASES = {
  running: "Running", paused: "Paused", asking: "It waits for your yes or no", waiting: "It asks you something",
  taking: "Taking over", driving: "Someone operates the desktop", ended: "Ended",
};
const READING_MS = 700;
let askedAt = 0;
let state = { phase: "", mine: false, question: null };
const steps = new Map();

const desktop = new Desktop({
  page: PAGE, size: document.body.dataset.size, canvas: $("screen"), keys: $("keys"),
  says: { refused: trouble, lost: () => lost(), gone: () => trouble("Another page operates the desktop.") },
  operates: () => state.phase === "driving" && state.mine,
  drops: () => state.phase !== "driving" || !state.mine,
});

async function command(what) {
  while (desktop.sending && what.do !== "stop") await desktop.sending;
  try {
    const answer = await post("command", { page: PAGE, command: what }), result = await answer.json();
    trouble(answer.ok ? "" : result.error || "That was refused.");
    return answer.ok ? result : null;
  } catch {
    lost();
    return null;
  }
}

function trouble(text) { $("trouble").textContent = text; }
const lost = () => { if (!desktop.over) trouble("The connection is lost; trying again."); };

// What the person wants.

const isTaken = () => state.phase === "driving" || state.phase === "taking";
const wishes = {
  pause: () => command({ do: state.phase === "paused" ? "resume" : "pause" }),
  step: () => command({ do: "step" }),
  stop: () => command({ do: "stop" }),
  take: () => {
    if (isTaken() && state.mine) return command({ do: "give" });
    desktop.begin();
    return command({ do: "take" });
  },
  "back-paused": () => command({ do: "give-paused" }),
  yes: () => state.question && command({ do: "answer", id: state.question.id, yes: true }),
  no: () => state.question && command({ do: "answer", id: state.question.id, yes: false }),
  hide: () => command({ do: "hide", on: !state.hiding }).then(() => $("keys").focus()),
  invite: async () => {
    const made = await command({ do: "invite" });
    if (!made) return;
    $("link").hidden = false;
    $("link").value = made.link;
    $("link").select();
  },
};
for (const [id, wish] of Object.entries(wishes)) $(id).addEventListener("click", wish);
$("telling").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("line").value.trim();
  $("line").value = "";
  if (text) command({ do: "tell", text });
});
$("chords").addEventListener("change", (event) => {
  desktop.chord(event.target.value);
  event.target.value = "";
});

if (IN_CHARGE) desktop.offerPrograms($("programs"), $("opening"), (name) => command({ do: "open", name }));

const KEYS = { p: "pause", s: "step", t: "take", x: "stop", y: "yes", n: "no" };
addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.ctrlKey && event.shiftKey && isTaken() && state.mine) {
    event.preventDefault();
    event.stopPropagation();
    desktop.letGo();
    $("take").focus();
    return void wishes.take();
  }
  if (event.target.matches("input, select, textarea") || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "/" && IN_CHARGE) {
    event.preventDefault();
    return $("line").focus();
  }
  if (isTaken() && state.mine) return; // what is typed is for the desktop, wherever the keyboard is
  const button = IN_CHARGE && KEYS[event.key] && $(KEYS[event.key]);
  if (button && !button.disabled && !event.repeat) {
    event.preventDefault();
    button.click();
  }
}, true);

// What happens.

function element(kind, text, className = "") {
  const made = document.createElement(kind);
  made.textContent = text;
  made.className = className;
  return made;
}

function addStep(step) {
  steps.set(step.number, step);
  const id = "step-" + step.number, old = $(id), line = old || document.createElement("li");
  const large = line.classList.contains("large");
  line.id = id;
  line.className = step.by + (large ? " large" : "");
  const picture = line.querySelector("img") || new Image();
  if (!picture.src) {
    picture.src = `picture?page=${PAGE}&step=${step.number}`;
    picture.alt = `The screen at step ${step.number}`;
    picture.addEventListener("error", () => { picture.hidden = true; });
    picture.addEventListener("click", () => line.classList.toggle("large"));
  }
  const cost = step.cost === null ? "" : `, ${step.cost.toFixed(4)} $`, tokens = step.tokens ? `, ${step.tokens} tokens` : "";
  const who = step.by === "person" ? "you" : `${step.seconds.toFixed(1)} s${tokens}${cost}`;
  line.replaceChildren(picture, element("strong", `${step.number} `), element("span", who, "soft"));
  if (step.thought) line.append(element("span", step.thought));
  if (step.error) line.append(element("span", step.error, "bad"));
  step.actions.forEach((words, index) => {
    line.append(element("span", "→ " + words));
    const [status, reason] = step.outcomes[index] || [];
    if (status && status !== "ok") line.append(element("span", `${status}: ${reason}`, "bad"));
  });
  for (const note of step.notes) line.append(element("span", note, "soft"));
  if (old) return;
  $("steps").append(line);
  $("steps").scrollTop = $("steps").scrollHeight;
}

function showNext() {
  const last = steps.get(Math.max(0, ...steps.keys())), marks = $("marks");
  const next = last && last.by === "agent" && state.phase !== "ended" ? last.outcomes.length : Infinity;
  const waits = last && next < last.actions.length;
  $("thought").textContent = waits ? last.thought : "";
  $("writing").textContent = !waits && state.phase === "running" ? state.writing : "";
  $("writing").scrollTop = $("writing").scrollHeight;
  $("action").textContent = waits ? last.actions[next] : "";
  marks.replaceChildren(...(waits ? last.points[next] : []).map(([x, y]) => {
    const mark = element("div", "", "mark");
    mark.style.left = 100 * x / desktop.width + "%";
    mark.style.top = 100 * y / desktop.height + "%";
    return mark;
  }));
  let seconds = 0, tokens = 0, cost = 0;
  for (const step of steps.values()) {
    seconds += step.seconds;
    tokens += step.tokens;
    cost += step.cost || 0;
  }
  $("totals").textContent = `${steps.size} steps, ${seconds.toFixed(1)} s of thinking, ${tokens} tokens` +
    (cost ? `, ${cost.toFixed(4)} $` : "");
}

function showAnswers() {
  $("yes").disabled = $("no").disabled = !IN_CHARGE || performance.now() - askedAt < READING_MS - 5;
}

function show(news) {
  const drove = state.phase === "driving" && state.mine;
  state = news;
  news.steps.forEach(addStep);
  $("task").textContent = `${news.task} (${news.policy})`;
  const driving = news.phase === "driving" && news.mine;
  $("phase").dataset.phase = news.phase;
  $("phase").textContent = news.ended ? "Ended: " + news.ended : driving ? "You operate the desktop" : PHASES[news.phase];
  document.body.classList.toggle("driving", driving);
  $("pause").setAttribute("aria-pressed", news.phase === "paused");
  $("pause").firstChild.textContent = news.phase === "paused" ? "Go on " : "Pause ";
  $("take").setAttribute("aria-pressed", isTaken());
  $("take").firstChild.textContent = driving ? "Give back " : isTaken() ? "Operate here " : "Take over ";
  for (const id of ["pause", "step"]) $(id).disabled = isTaken();
  $("driving").hidden = !driving;
  $("hide").setAttribute("aria-pressed", news.hiding);
  $("asked").firstChild.textContent = news.asked ? `It asks: ${news.asked} ` : "Tell the agent ";
  const asked = Boolean(news.question);
  if (asked) {
    $("asking").textContent = news.question.words;
    $("why").textContent = news.question.why;
    $("left").textContent = `else no in ${Math.round(news.question.seconds)} s`;
  }
  if (asked && $("question").hidden) {
    // Who is in the middle of typing or clicking has not read the question yet.
    askedAt = performance.now();
    setTimeout(showAnswers, READING_MS);
  }
  $("question").hidden = !asked;
  showAnswers();
  showNext();
  if (driving && !drove) $("keys").focus({ preventScroll: true });
  if (news.lost) trouble("The screen cannot be seen any more: " + news.lost);
  if (news.ended) end();
}

function end() {
  desktop.over = true;
  for (const one of document.querySelectorAll("aside button, aside input, aside select")) one.disabled = true;
}

async function watchState() {
  let version = 0;
  while (!desktop.over) {
    try {
      const answer = await fetch(`state?page=${PAGE}&after=${version}`);
      if (answer.status === 403) {
        trouble("This page was forgotten: load it again.");
        return;
      }
      if (!answer.ok) throw new Error(answer.status);
      const news = await answer.json();
      if ($("trouble").textContent.startsWith("The connection")) trouble("");
      version = news.version;
      show(news);
    } catch {
      lost();
      await pause(RETRY_MS);
    }
  }
}

addEventListener("pagehide", () => { if (!desktop.over) desktop.leave(); });
history.replaceState(null, "", location.pathname);
desktop.watch();
watchState();
