// Keys. Whatever has data-key="x" (or "g x": one after the other) is clicked or focused by it, and ? lists them all.
// In a [data-list], j and k go through its [data-row]s, Enter or o opens the first link of the row.

const PATIENCE = 1200; // Milliseconds between the two keys of a pair.
let before = "";
let timer = 0;

const typing = (target) => target.matches?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
// What stands in the navigation can be used while it is folded away, too.
const seen = (part) => part.closest("#nav") !== null || (part.checkVisibility?.() ?? true);
const find = (key) => [...document.querySelectorAll("[data-key]")].find((part) => part.dataset.key === key && !part.disabled && seen(part));

function use(part) {
  if (part.matches("input, textarea, select")) {
    part.focus();
    part.select?.();
  } else part.click();
}

function walk(list, step) {
  const rows = [...list.querySelectorAll("[data-row]")].filter(seen);
  const here = rows.indexOf(document.activeElement?.closest("[data-row]"));
  const next = rows[here < 0 && step < 0 ? rows.length - 1 : Math.min(Math.max(here + step, 0), rows.length - 1)];
  if (!next) return;
  next.tabIndex = -1;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

function inList(key) {
  const list = document.querySelector("[data-list]");
  if (!list) return false;
  if (key === "j" || key === "k") walk(list, key === "j" ? 1 : -1);
  else if (key === "o" || key === "Enter") {
    const row = document.activeElement;
    if (!row?.matches("[data-row]")) return false;
    row.querySelector("a[href], button")?.click();
  } else return false;
  return true;
}

function press(event) {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && typing(event.target)) event.target.blur();
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  const pair = before ? `${before} ${event.key}` : "";
  const part = (pair && find(pair)) || find(event.key);
  clearTimeout(timer);
  before = part ? "" : event.key;
  timer = setTimeout(() => { before = ""; }, PATIENCE);
  if (part) use(part);
  else if (!inList(event.key)) return;
  event.preventDefault();
}

function label(part) {
  return part.dataset.keyLabel || part.getAttribute("aria-label") || part.textContent.trim() || part.placeholder || "";
}

function list(help) {
  const shown = new Map([...document.querySelectorAll("[data-key]")].filter((part) => part.dataset.key !== "?").map((part) => [part.dataset.key, label(part)]));
  const walked = document.querySelector("[data-list]");
  if (walked) for (const [key, word] of [["j", walked.dataset.next], ["k", walked.dataset.previous], ["o", walked.dataset.open]]) if (word) shown.set(key, word);
  shown.set("?", help.dataset.none);
  help.replaceChildren(...[...shown].flatMap(([key, word]) => {
    const [term, text] = [document.createElement("dt"), document.createElement("dd")];
    term.append(...key.split(" ").flatMap((one) => [Object.assign(document.createElement("kbd"), { textContent: one }), " "]));
    text.textContent = word;
    return [term, text];
  }));
}

export function listenToKeys() {
  const button = document.getElementById("keys");
  const dialog = document.getElementById("help");
  if (button) {
    button.hidden = false;
    button.addEventListener("click", () => {
      list(dialog.querySelector("dl"));
      dialog.showModal();
    });
  }
  document.addEventListener("keydown", press);
}
