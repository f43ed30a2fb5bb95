// What is to be seen on this page: roles, boxes in pixels of the screen, texts, labels and states.
//
// Runs inside the page, in Chromium, in a sandbox. A page may say what an element looks like with
// data-truth="ROLE" ("none": nothing), which parts make it up with data-part, and its name with data-label;
// deskhandHints, pairs of a selector and a role, does that for pages that were not written here.
"use strict";

const deskhandTruth = (() => {
  const FIELDS = new Set(["text", "email", "password", "number", "search", "tel", "url", "date", "time", "month",
    "week", "datetime-local", ""]);
  const ARIA = {
    button: "button", link: "link", checkbox: "checkbox", switch: "checkbox", radio: "radio", tab: "tab",
    menuitem: "menuitem", menuitemcheckbox: "menuitem", menuitemradio: "menuitem", option: "row",
    treeitem: "row", slider: "slider", textbox: "field", searchbox: "field", combobox: "combo",
    dialog: "window", alertdialog: "window", none: null, presentation: null,
  };
  // Share of a box that must be seen, or else it is not told: less for what is known by its frame.
  const LEAST = { field: 0.35, area: 0.35, combo: 0.35, slider: 0.35, window: 0.3, titlebar: 0.3 };
  const GAP = 40; // the farthest that a check box's text stands from it, in CSS pixels

  const rectOf = (r) => ({ l: r.left, t: r.top, r: r.right, b: r.bottom });
  const wide = (r) => r.r - r.l;
  const high = (r) => r.b - r.t;
  const empty = (r) => !r || wide(r) < 1 || high(r) < 1;
  const union = (a, b) => empty(a) ? b : empty(b) ? a : {
    l: Math.min(a.l, b.l), t: Math.min(a.t, b.t), r: Math.max(a.r, b.r), b: Math.max(a.b, b.b) };
  const meet = (a, b) => ({
    l: Math.max(a.l, b.l), t: Math.max(a.t, b.t), r: Math.min(a.r, b.r), b: Math.min(a.b, b.b) });
  const shared = (a, b) => Math.min(a.b, b.b) - Math.max(a.t, b.t); // height of the lines they share

  let styles = new Map();
  const styleOf = (el) => {
    if (!styles.has(el)) styles.set(el, getComputedStyle(el));
    return styles.get(el);
  };

  let hinted = new Map();
  function hint() {
    hinted = new Map();
    for (const [selector, role] of globalThis.deskhandHints || [])
      for (const el of document.querySelectorAll(selector)) hinted.set(el, role);
  }

  // The role that an element has by itself: null for none, "none" if all of it is to be left out.
  function roleOf(el) {
    const said = el.dataset && el.dataset.truth;
    if (said) return said;
    if (hinted.has(el)) return hinted.get(el);
    const tag = el.localName, type = (el.getAttribute("type") || "").toLowerCase();
    const aria = el.getAttribute("role");
    if (aria && aria in ARIA && tag !== "input") return ARIA[aria];
    if (tag === "button" || tag === "summary") return "button";
    if (tag === "a" && el.hasAttribute("href")) return "link";
    if (tag === "textarea") return "area";
    if (tag === "select") return el.multiple || el.size > 1 ? "list" : "combo";
    if (tag === "option") return "row";
    if (tag === "dialog") return el.open ? "window" : null;
    if (tag === "input") {
      if (type === "checkbox" || type === "radio") return type;
      if (type === "range") return "slider";
      if (["button", "submit", "reset"].includes(type)) return "button";
      if (type === "image") return "icon";
      if (FIELDS.has(type)) return "field";
      return null;
    }
    if (el.isContentEditable && !(el.parentElement && el.parentElement.isContentEditable)) return "area";
    return null;
  }

  // What its ancestors and the screen leave of a box.
  function clipped(el, rect) {
    let out = meet(rect, { l: 0, t: 0, r: innerWidth, b: innerHeight });
    let fixed = styleOf(el).position === "fixed";
    for (let up = el.parentElement; up && up !== document.documentElement && !fixed; up = up.parentElement) {
      const style = styleOf(up);
      if (up !== document.body && (style.overflowX !== "visible" || style.overflowY !== "visible")) {
        const box = up.getBoundingClientRect();
        const l = box.left + up.clientLeft, t = box.top + up.clientTop;
        out = meet(out, { l, t, r: l + (up.clientWidth || box.width), b: t + (up.clientHeight || box.height) });
      }
      fixed = style.position === "fixed";
    }
    return out;
  }

  function shown(el) {
    if (!el.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
    for (let up = el; up && up.nodeType === 1; up = up.parentElement)
      if (parseFloat(styleOf(up).opacity) < 0.15) return false;
    return true;
  }

  const veil = (el) => el.closest && (el.closest("[data-veil]") || el.closest(".ui-widget-overlay"));
  const kin = (el, hit) => el === hit || el.contains(hit) || hit.contains(el) ||
    (hit.localName === "label" && (hit.control === el || hit.contains(el)));

  function seenAt(el, x, y) {
    for (const hit of document.elementsFromPoint(x, y)) {
      if (veil(hit) && !veil(el)) continue;
      return kin(el, hit);
    }
    return false;
  }

  // The part of a box that nothing covers, as a box; null where less than ``least`` is left.
  function uncovered(el, rect, least) {
    const columns = 12, rows = high(rect) > 40 ? 9 : 5;
    const spots = [];
    let inside = 0;
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const x = rect.l + (column + 0.5) * wide(rect) / columns, y = rect.t + (row + 0.5) * high(rect) / rows;
        const seen = seenAt(el, x, y);
        spots.push({ column, row, seen });
        inside += seen ? 1 : 0;
      }
    const part = inside / spots.length;
    if (part < least) return null;
    if (part > 0.95) return rect;
    const seen = spots.filter((spot) => spot.seen);
    const span = (pick, count) => [Math.min(...seen.map(pick)) / count, (Math.max(...seen.map(pick)) + 1) / count];
    const [left, right] = span((spot) => spot.column, columns), [top, bottom] = span((spot) => spot.row, rows);
    return { l: rect.l + left * wide(rect), r: rect.l + right * wide(rect),
      t: rect.t + top * high(rect), b: rect.t + bottom * high(rect) };
  }

  // A box as it is to be seen, or null: at least ``least`` of it must be within its frames and the screen.
  function visible(el, rect, least) {
    if (empty(rect)) return null;
    const cut = clipped(el, rect);
    if (empty(cut) || wide(cut) * high(cut) < least * wide(rect) * high(rect)) return null;
    return uncovered(el, cut, least * wide(rect) * high(rect) / (wide(cut) * high(cut)));
  }

  function written(node, text) {
    const style = styleOf(node.parentElement);
    if (style.textTransform === "uppercase") return text.toUpperCase();
    if (style.textTransform === "lowercase") return text.toLowerCase();
    if (style.textTransform === "capitalize") return text.replace(/(^|\s)\S/g, (c) => c.toUpperCase());
    return text;
  }

  const tidy = (text) => text.replace(/[\s\u00a0\u200b]+/g, " ").trim();

  // The lines of a text node as they are laid out: text and box of each.
  function linesOf(node) {
    const range = document.createRange(), lines = [];
    const put = (start, end) => {
      range.setStart(node, start);
      range.setEnd(node, end);
      const rects = [...range.getClientRects()].filter((r) => r.width > 0.5 && r.height > 0.5);
      if (!rects.length) return;
      if (rects.length > 1 && end - start > 1) {
        const letters = [...node.data.slice(start, end)];
        let at = start;
        for (const letter of letters) { put(at, at + letter.length); at += letter.length; }
        return;
      }
      const rect = rects.map(rectOf).reduce(union), last = lines[lines.length - 1];
      if (last && shared(last.rect, rect) > 0.5 * high(rect) && rect.l >= last.rect.l - 1) {
        last.rect = union(last.rect, rect);
        last.end = end;
      } else lines.push({ rect, start, end });
    };
    const words = /[^\s\u00a0]+/g;
    for (let word = words.exec(node.data); word; word = words.exec(node.data))
      put(word.index, word.index + word[0].length);
    return lines.map((line) => ({ node, rect: line.rect, start: line.start, end: line.end,
      text: tidy(written(node, node.data.slice(line.start, line.end))) }));
  }

  // What of a line is to be seen: a text that is cut off ends where it is cut.
  function seenLine(line) {
    const el = line.node.parentElement;
    const cut = clipped(el, line.rect);
    if (empty(cut) || high(cut) < 0.6 * high(line.rect)) return null;
    if (wide(cut) < wide(line.rect) - 1) {
      const range = document.createRange();
      let text = "";
      for (let at = line.start; at < line.end; at++) {
        range.setStart(line.node, at);
        range.setEnd(line.node, at + 1);
        const box = range.getBoundingClientRect();
        if (box.left >= cut.l - 1 && box.right <= cut.r + 1) text += line.node.data[at];
      }
      line = { ...line, text: tidy(written(line.node, text)) };
      if (!line.text) return null;
    }
    const box = visible(el, cut, 0.8);
    return box ? { ...line, rect: box } : null;
  }

  function textNodes(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT), out = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode())
      if (/\S/.test(node.data) && shownText(node)) out.push(node);
    return out;
  }

  function shownText(node) {
    const el = node.parentElement;
    if (!el || ["script", "style", "noscript", "option", "title", "template"].includes(el.localName)) return false;
    const colour = styleOf(el).color;
    if (colour.startsWith("rgba") && parseFloat(colour.split(",")[3]) < 0.1) return false;
    return parseFloat(styleOf(el).fontSize) >= 4 && shown(el);
  }

  // Lines of everything inside an element that are to be seen, but for the keys that a menu tells beside its entries.
  const linesIn = (root) => textNodes(root).filter((node) => !node.parentElement.closest("[data-keys]")).flatMap(linesOf).map(seenLine).filter(Boolean);

  function joined(lines) {
    const sorted = [...lines].sort((a, b) => shared(a.rect, b.rect) > 0.5 * Math.min(high(a.rect), high(b.rect))
      ? a.rect.l - b.rect.l : a.rect.t - b.rect.t);
    return tidy(sorted.map((line) => line.text).join(" "));
  }

  function statesOf(el, role) {
    const states = new Set((el.dataset.state || "").split(" ").filter(Boolean));
    const aria = (name) => el.getAttribute("aria-" + name) === "true";
    if (el.checked || aria("checked")) states.add("checked");
    if (aria("selected") || (el.localName === "option" && el.selected)) states.add("selected");
    if (el.disabled || aria("disabled") || (el.matches(":disabled"))) states.add("disabled");
    const active = document.activeElement;
    if (document.hasFocus() && (active === el || (role === "area" && el.contains(active)))) states.add("focused");
    if (role === "tab" && (el.matches(".ui-tabs-active") || el.matches(".active"))) states.add("selected");
    return states;
  }

  function nameOf(el) {
    const ids = (el.getAttribute("aria-labelledby") || "").split(" ").filter(Boolean);
    const by = ids.map((id) => document.getElementById(id)).filter(Boolean).map((one) => tidy(one.textContent));
    const labels = [...(el.labels || [])].filter((one) => shown(one)).map((one) => joined(linesIn(one)));
    const placeholder = el.placeholder && !el.value ? tidy(el.placeholder) : "";
    const picture = el.querySelector && el.querySelector("img[alt], svg[aria-label]");
    const title = picture ? picture.getAttribute("alt") || picture.getAttribute("aria-label") : "";
    const all = [el.dataset.label, by.join(" "), labels.find(Boolean), el.getAttribute("aria-label"), placeholder,
      el.getAttribute("title"), el.getAttribute("alt"), title];
    return all.find((one) => one) || "";
  }

  function valueOf(el) {
    if (el.localName === "select") return el.selectedOptions[0] ? tidy(el.selectedOptions[0].text) : "";
    if (el.localName === "option") return tidy(el.label);
    if (el.localName !== "input" && el.localName !== "textarea") return joined(linesIn(el));
    if (el.type === "password") return "\u2022".repeat([...el.value].length);
    if (el.type === "range") return "";
    if (["submit", "reset"].includes(el.type) && !el.hasAttribute("value"))
      return el.type === "submit" ? "Submit" : "Reset";
    return tidy(el.value || "");
  }

  // The box of a control: its own, or that of the parts that are drawn in its place.
  function frameOf(el, role) {
    const own = [...el.querySelectorAll("[data-part]")];
    const parts = own.length ? own : (el.id ? [...document.querySelectorAll(`[data-part="${el.id}"]`)] : []);
    let rect = parts.length ? parts.map((one) => rectOf(one.getBoundingClientRect())).reduce(union)
      : rectOf(el.getBoundingClientRect());
    if (role === "slider")
      for (const one of el.querySelectorAll(".ui-slider-handle")) rect = union(rect, rectOf(one.getBoundingClientRect()));
    return { rect, carrier: parts[0] || el };
  }

  // Whether an element has a face, a frame or a shadow of its own.
  function painted(el) {
    const style = styleOf(el), clear = (colour) => colour === "transparent" || /, 0(\.0\d*)?\)$/.test(colour);
    const framed = ["Top", "Right", "Bottom", "Left"].some((side) => parseFloat(style[`border${side}Width`]) > 0 &&
      !["none", "hidden"].includes(style[`border${side}Style`]) && !clear(style[`border${side}Color`]));
    return framed || !clear(style.backgroundColor) || style.backgroundImage !== "none" || style.boxShadow !== "none" ||
      ["img", "svg", "input", "select", "textarea"].includes(el.localName) ||
      (style.appearance !== "none" && el.localName === "button");
  }

  // The box around the texts and pictures in an element.
  function contents(el) {
    const pictures = [...el.querySelectorAll("svg, img")].filter(shown).map((one) => rectOf(one.getBoundingClientRect()));
    return [...textNodes(el).flatMap(linesOf).map((line) => line.rect), ...pictures].reduce(union, null);
  }

  // A check box or radio button with the line of its label, if that stands beside it.
  function toggle(el, role) {
    const { rect, carrier } = frameOf(el, role);
    if (!shown(carrier)) return null;
    const box = visible(carrier, rect, 0.6);
    if (!box) return null;
    let whole = box, text = "", used = [];
    const labels = el.labels && el.labels.length ? [...el.labels] : [el];
    const lines = labels.flatMap(linesIn);
    const beside = lines.filter((line) => shared(line.rect, box) > 0.4 * Math.min(high(line.rect), high(box)) &&
      Math.max(line.rect.l - box.r, box.l - line.rect.r) < GAP);
    let reach = box;
    for (const line of beside.sort((a, b) => Math.abs(a.rect.l - box.l) - Math.abs(b.rect.l - box.l))) {
      if (Math.max(line.rect.l - reach.r, reach.l - line.rect.r) > GAP) continue;
      used.push(line);
      reach = union(reach, line.rect);
    }
    if (used.length) { text = joined(used); whole = reach; }
    const label = used.length ? "" : joined(lines) || nameOf(el);
    return { el, role, rect: whole, text, label, used };
  }

  // Where a check box stands in a bare label or before a bare text, as on plain old pages.
  function bare(el) {
    const next = el.nextSibling;
    if (el.labels && el.labels.length) return null;
    return next && next.nodeType === 3 && /\S/.test(next.data) && shownText(next) ? next : null;
  }

  function scrollbarsOf(el) {
    const root = el === document.documentElement;
    const out = [];
    if (!root && el !== document.body) {
      const style = styleOf(el), box = el.getBoundingClientRect();
      const px = (name) => parseFloat(style[name]) || 0;
      const across = Math.round(el.offsetWidth - el.clientWidth - px("borderLeftWidth") - px("borderRightWidth"));
      const down = Math.round(el.offsetHeight - el.clientHeight - px("borderTopWidth") - px("borderBottomWidth"));
      const scrolls = (value) => ["auto", "scroll"].includes(value) || el.localName === "textarea" || el.size > 1;
      const inner = { l: box.left + px("borderLeftWidth"), t: box.top + px("borderTopWidth"),
        r: box.right - px("borderRightWidth"), b: box.bottom - px("borderBottomWidth") };
      if (across >= 3 && scrolls(style.overflowY))
        out.push({ ...inner, l: inner.r - across, b: inner.b - Math.max(0, down) });
      if (down >= 3 && scrolls(style.overflowX))
        out.push({ ...inner, t: inner.b - down, r: inner.r - Math.max(0, across) });
    } else if (root && innerWidth - el.clientWidth >= 3)
      out.push({ l: el.clientWidth, t: 0, r: innerWidth, b: el.clientHeight });
    return out.map((rect) => root ? rect : visible(el, rect, 0.5)).filter(Boolean)
      .map((rect) => ({ el, role: "scrollbar", rect, text: "", label: "" }));
  }

  // A link is as many elements as it has lines; one without text is an icon.
  function links(el) {
    const lines = linesIn(el);
    if (!lines.length) return control(el, "icon");
    return merged(lines, true).map((line) => ({ el, role: "link", rect: line.rect, text: line.text, label: "" }));
  }

  function control(el, role) {
    let { rect, carrier } = frameOf(el, role);
    if (["button", "icon", "tab", "row", "menuitem"].includes(role) && carrier === el && !painted(el) &&
      document.activeElement !== el) rect = contents(el) || rect;
    const box = shown(carrier) ? visible(carrier, rect, LEAST[role] || 0.6) : null;
    if (!box) return [];
    let text = role === "window" || role === "slider" || role === "scrollbar" ? "" : valueOf(el);
    if (role === "button" && !text) role = "icon";
    if (role === "icon") text = "";
    return [{ el, role, rect: box, text, label: nameOf(el) }];
  }

  // Pieces of one line that stand together as one: neighbours in the same block.
  function merged(lines, anyBlock) {
    const blockOf = (node) => {
      let el = node.parentElement;
      while (el && styleOf(el).display.startsWith("inline") && styleOf(el).display === "inline") el = el.parentElement;
      return el;
    };
    const out = [];
    for (const line of lines) {
      const block = anyBlock ? null : blockOf(line.node), last = out[out.length - 1];
      const near = last && last.block === block && shared(last.rect, line.rect) > 0.5 * Math.min(high(last.rect), high(line.rect)) &&
        line.rect.l - last.rect.r < 0.6 * high(line.rect) && line.rect.l >= last.rect.l;
      if (near) {
        const glued = line.rect.l - last.rect.r < 0.12 * high(line.rect);
        last.text = tidy(last.text + (glued ? "" : " ") + line.text);
        last.rect = union(last.rect, line.rect);
      } else out.push({ block, rect: line.rect, text: line.text, node: line.node });
    }
    return out;
  }

  function controls(taken) {
    const found = [];
    const visit = (el, within) => {
      if (["script", "style", "noscript", "template", "head"].includes(el.localName)) return;
      found.push(...scrollbarsOf(el));
      const role = roleOf(el);
      if (role === "none") { taken.push(el); return; }
      let inside = within;
      if (role && role !== "list" && !within) {
        if (role === "checkbox" || role === "radio") {
          const one = toggle(el, role);
          if (one) found.push(withBareText(one, el, taken));
          else if (el.localName !== "input") inside = true;
        } else if (role === "link") found.push(...links(el));
        else if (role !== "text") found.push(...control(el, role));
        if (!["window", "titlebar", "text"].includes(role)) { taken.push(el); inside = el.dataset.truth !== "holder"; }
        if (role === "titlebar") inside = false;
      }
      for (const child of el.children) visit(child, inside);
    };
    visit(document.documentElement, false);
    return found;
  }

  function withBareText(one, el, taken) {
    const next = bare(el);
    if (!next || one.used.length) return one;
    const line = linesOf(next).map(seenLine).filter(Boolean)[0];
    if (!line || shared(line.rect, one.rect) < 0.3 * high(line.rect) || line.rect.l - one.rect.r > GAP) return one;
    taken.push(next);
    return { ...one, rect: union(one.rect, line.rect), text: line.text, label: "", used: [line] };
  }

  function texts(taken, found) {
    const used = new Set(found.flatMap((one) => (one.used || []).map((line) => line.node.data + line.start + line.rect.t)));
    const lines = textNodes(document.body).filter((node) => !taken.some((el) => el === node || el.contains(node)))
      .flatMap(linesOf).map(seenLine).filter(Boolean)
      .filter((line) => !used.has(line.node.data + line.start + line.rect.t));
    return merged(lines, false);
  }

  // A field without a name of its own is named by the text to its left, or else by the one above it.
  function nameByPlace(one, lines) {
    if (one.label || !["field", "area", "combo", "slider"].includes(one.role)) return;
    const beside = lines.filter((line) => shared(line.rect, one.rect) > 0.5 * high(line.rect) &&
      line.rect.r <= one.rect.l + 2 && one.rect.l - line.rect.r < 160).sort((a, b) => b.rect.r - a.rect.r);
    const above = lines.filter((line) => one.rect.t - line.rect.b > -4 && one.rect.t - line.rect.b < 20 &&
      Math.abs(line.rect.l - one.rect.l) < 12).sort((a, b) => b.rect.b - a.rect.b);
    const best = beside[0] || above[0];
    if (best) one.label = best.text.replace(/\s*[:*]+$/, "");
  }

  function selectedLine(line) {
    const selection = getSelection();
    return !selection.isCollapsed && selection.rangeCount > 0 && line.node && selection.containsNode(line.node, true);
  }

  function collect() {
    styles = new Map();
    hint();
    const taken = [], found = controls(taken), lines = texts(taken, found), out = [];
    const ratio = devicePixelRatio;
    const say = (role, rect, text, label, states) => out.push({ role, text, label: tidy(label || ""),
      box: [rect.l, rect.t, rect.r, rect.b].map((side) => Math.round(side * ratio)), state: [...states] });
    for (const one of found) {
      nameByPlace(one, lines);
      say(one.role, one.rect, one.text, one.label, statesOf(one.el, one.role));
    }
    for (const line of lines) say("text", line.rect, line.text, "", selectedLine(line) ? ["selected"] : []);
    return { elements: out, ratio, width: innerWidth * ratio, height: innerHeight * ratio };
  }

  return { collect };
})();
