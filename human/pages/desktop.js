"use strict";
// A desktop on a canvas: shows its screen and, while it is operated, sends what is done on it: events in order,
// each once, one batch at a time. Whatever comes from the desktop is drawn as a picture, never put in as markup.

const MOST_EVENTS = 200, MOVE_MS = 30, RETRY_MS = 500, NOTCH = 100, BUTTONS = ["left", "middle", "right"];
const UNNAMED = new Set(["Dead", "Process", "Unidentified", "AltGraph", "Compose", "Fn", "FnLock", "Convert",
  "NonConvert", "KanaMode", "HiraganaKatakana", "Hankaku", "Zenkaku", "ZenkakuHankaku"]);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const post = (path, value) => fetch(path, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value),
});

class Desktop {
  // page: the page's name; size: "WIDTHxHEIGHT"; keys: the text field that gets the keyboard.
  // says: refused(text), lost(), gone(). operates: whether what is done here is sent now. drops: whether what was
  // not taken yet is not to be done any more.
  constructor({ page, size, canvas, keys, says, operates = () => true, drops = () => false }) {
    Object.assign(this, { page, canvas, keys, says, operates, drops, over: false });
    [this.width, this.height] = size.split("x").map(Number);
    canvas.width = this.width;
    canvas.height = this.height;
    this.pressed = new Map();
    this.down = new Set();
    this.lastMove = 0;
    this.turned = { x: 0, y: 0 };
    this.begin();
    this.listenToMouse();
    this.listenToKeys();
  }

  // Begin to count events anew: whoever operates from now on is new to the desktop.
  begin() {
    this.waiting = [];
    this.first = 0;
    this.inFlight = 0;
    this.sending = null;
  }

  send(event) {
    if (this.over || !this.operates()) return;
    event.t = performance.now();
    const last = this.waiting[this.waiting.length - 1];
    if (event.kind === "move" && last && last.kind === "move" && this.waiting.length > this.inFlight) this.waiting.pop();
    this.waiting.push(event);
    if (!this.sending) this.sending = this.flush().finally(() => { this.sending = null; });
  }

  async flush() {
    const waiting = this.waiting;
    while (waiting.length && !this.over && waiting === this.waiting) {
      if (this.drops()) {
        waiting.length = 0;
        return;
      }
      const events = waiting.slice(0, MOST_EVENTS);
      this.inFlight = events.length;
      try {
        const answer = await post("events", { page: this.page, first: this.first, events });
        const result = await answer.json();
        if (waiting !== this.waiting) return;
        if (answer.ok) {
          waiting.splice(0, result.next - this.first);
          this.first = result.next;
        } else if (answer.status === 400) {
          waiting.splice(result.index ?? 0, result.index === undefined ? events.length : 1);
          if (!this.drops()) this.says.refused("The desktop has no such key or place: " + (result.error || ""));
        } else if (answer.status === 409 && result.next !== undefined) {
          this.first = result.next;
        } else if (answer.status === 503) {
          await pause(RETRY_MS);
        } else {
          waiting.length = 0;
          this.says.gone();
        }
      } catch {
        this.says.lost();
        await pause(RETRY_MS);
      }
      this.inFlight = 0;
    }
  }

  // What was sent last must not be lost with the page: what arrived already is not done again.
  leave() {
    const beacon = (path, text) => navigator.sendBeacon(path, new Blob([text], { type: "application/json" }));
    const events = this.waiting.slice(0, MOST_EVENTS);
    if (events.length) beacon("events", JSON.stringify({ page: this.page, first: this.first, events }));
    beacon("leave", this.page);
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    const across = Math.floor((event.clientX - box.left) * this.width / box.width);
    const down = Math.floor((event.clientY - box.top) * this.height / box.height);
    return { x: Math.min(Math.max(across, 0), this.width - 1), y: Math.min(Math.max(down, 0), this.height - 1) };
  }

  // Puts an element over a region of the screen.
  put(element, [left, top, right, bottom]) {
    element.style.left = 100 * left / this.width + "%";
    element.style.top = 100 * top / this.height + "%";
    element.style.width = 100 * (right - left) / this.width + "%";
    element.style.height = 100 * (bottom - top) / this.height + "%";
  }

  listenToMouse() {
    const canvas = this.canvas;
    // Not prevented: then no mouse events would follow.
    canvas.addEventListener("pointerdown", (event) => {
      if (!this.operates()) return;
      this.keys.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
    });
    // Buttons pressed while another is down are reported as moves of the pointer only; as mouse events they are reported.
    canvas.addEventListener("mousedown", (event) => {
      event.preventDefault();
      if (!this.operates() || !BUTTONS[event.button]) return;
      this.down.add(BUTTONS[event.button]);
      this.send({ kind: "press", ...this.place(event), button: BUTTONS[event.button] });
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.operates() || performance.now() - this.lastMove < MOVE_MS) return;
      this.lastMove = performance.now();
      this.send({ kind: "move", ...this.place(event) });
    });
    canvas.addEventListener("mouseup", (event) => {
      event.preventDefault();
      if (!this.down.delete(BUTTONS[event.button])) return;
      this.send({ kind: "release", ...this.place(event), button: BUTTONS[event.button] });
    });
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("wheel", (event) => {
      if (!this.operates()) return;
      event.preventDefault();
      const turned = this.turned, unit = event.deltaMode === 0 ? NOTCH : event.deltaMode === 1 ? 3 : 1;
      turned.x += event.deltaX / unit;
      turned.y += event.deltaY / unit;
      const whole = (value) => Math.min(Math.max(Math.trunc(value), -20), 20);
      const dx = whole(turned.x), dy = whole(turned.y);
      if (!dx && !dy) return;
      turned.x -= dx;
      turned.y -= dy;
      this.send({ kind: "wheel", ...this.place(event), dx, dy });
    }, { passive: false });
  }

  // Composed text (of an input method, a dead key) arrives as text.
  listenToKeys() {
    const keys = this.keys;
    keys.addEventListener("keydown", (event) => {
      if (event.isComposing || UNNAMED.has(event.key)) return;
      event.preventDefault();
      const isText = [...event.key].length === 1;
      if (isText && event.getModifierState("AltGraph")) return this.send({ kind: "text", text: event.key });
      const key = { key: event.key, code: event.code };
      this.pressed.set(event.code || event.key, key);
      this.send({ kind: "key_down", ...key, text: isText ? event.key : "" });
    });
    keys.addEventListener("keyup", (event) => {
      const key = this.pressed.get(event.code || event.key);
      if (!key) return;
      event.preventDefault();
      this.pressed.delete(event.code || event.key);
      this.send({ kind: "key_up", ...key });
    });
    keys.addEventListener("compositionend", (event) => {
      const text = event.data;
      keys.value = "";
      if (text) this.send({ kind: "text", text: text.slice(0, 2000) });
    });
    keys.addEventListener("input", (event) => {
      if (event.isComposing || event.inputType === "insertCompositionText") return;
      const text = keys.value;
      keys.value = "";
      if (text) this.send({ kind: "text", text: text.slice(0, 2000) });
    });
    for (const kind of ["paste", "drop"]) keys.addEventListener(kind, (event) => event.preventDefault());
    keys.addEventListener("blur", () => this.letGo());
    addEventListener("blur", () => this.letGo());
  }

  letGo() {
    for (const key of this.pressed.values()) this.send({ kind: "key_up", ...key });
    this.pressed.clear();
  }

  chord(text) {
    const names = text.split("+").filter(Boolean);
    for (const key of names) this.send({ kind: "key_down", key, code: "", text: "" });
    for (const key of names.reverse()) this.send({ kind: "key_up", key, code: "" });
    this.keys.focus();
  }

  // Fills a list with the programs of the desktop, and says which one is chosen.
  async offerPrograms(list, around, open) {
    list.addEventListener("change", () => {
      if (list.value) open(list.value);
      list.value = "";
      this.keys.focus();
    });
    try {
      const answer = await fetch(`programs?page=${this.page}`), names = answer.ok ? await answer.json() : [];
      for (const name of names) list.append(new Option(name));
      around.hidden = !names.length;
    } catch {
      around.hidden = true;
    }
  }

  // Shows each new screen, asked for again and again.
  async watch() {
    let number = 0;
    while (!this.over) {
      try {
        const answer = await fetch(`screen?page=${this.page}&after=${number}`);
        if (answer.status === 200) {
          number = Number(answer.headers.get("X-Number"));
          const picture = await createImageBitmap(await answer.blob());
          this.canvas.getContext("2d").drawImage(picture, 0, 0);
          picture.close();
          this.canvas.dataset.number = number;
        } else if (answer.status !== 204) {
          await pause(RETRY_MS);
        }
      } catch {
        await pause(RETRY_MS);
      }
    }
  }
}
