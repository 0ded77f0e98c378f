// Joins the pieces: what a person does, what is sent, what comes back.

import { judge, Outbox } from "./outbox.js";
import { Stream } from "./stream.js";
import { View } from "./view.js";
import { language, say, setLanguage, translate } from "./words.js";

const LONGEST = 4000;
const NEARLY = 3500;
const SILENT = 10000;
const PATIENT = 60000;
const NOTICE = 4000;
const find = (id) => document.getElementById(id);
const text = find("text");

let begun = false; // What was said before is on the page.
let connected = false;
let signed = 0; // Timers: a reply is being written, a message waits for one, until they run out.
let waiting = 0;
let hushed = false; // The person stopped the reply: what still comes of it is not shown any more.

const view = new View({ again: (id) => outbox.again(id), edit, judge: opine });
const outbox = new Outbox(changed, () => stream.known, () => stream.start());
const stream = new Stream({ turns, draft, lost, here, elsewhere });

// ---- what comes back

function turns(fresh) {
  for (const turn of fresh) {
    view.turn(turn);
    if (turn.speaker === "user") {
      if (!turn.command && Date.now() - Date.parse(turn.at) < PATIENT) wait();
      continue;
    }
    hushed = false;
    rest();
    if (begun) view.speak(turn);
  }
  refresh();
}

function draft(words) {
  if (hushed) return;
  clearTimeout(signed);
  signed = setTimeout(rest, SILENT);
  view.draft(words);
  refresh();
}

function wait() {
  if (hushed) return;
  clearTimeout(waiting);
  waiting = setTimeout(rest, PATIENT);
}

// Nothing is being written any more.
function rest() {
  clearTimeout(signed);
  clearTimeout(waiting);
  signed = waiting = 0;
  view.endDraft();
  refresh();
}

function changed(message) {
  view.message(message);
  refresh();
}

// ---- how the line is

function here(again) {
  begun = connected = true;
  if (again) {
    outbox.now();
    notice("back");
    setTimeout(() => find("notice").dataset.notice === "back" && notice(""), NOTICE);
  }
  refresh();
}

function lost() {
  connected = false;
  notice("lost");
  refresh();
}

function elsewhere() {
  connected = false;
  notice("elsewhere", "wake");
  refresh();
}

function notice(word, action = "") {
  const part = find("notice");
  part.hidden = !word;
  part.dataset.notice = word;
  part.dataset.action = action;
  find("notice-text").textContent = word ? say(word) : "";
  find("notice-do").hidden = !action;
  find("notice-do").textContent = action ? say(action) : "";
}

find("notice-do").addEventListener("click", () => {
  notice("");
  stream.start();
});

// ---- what a person does

function send() {
  const words = text.value;
  if (!words.trim() || length(words) > LONGEST) return;
  text.value = "";
  ask(words);
  grow();
}

function ask(words) {
  hushed = false;
  outbox.add("messages", words, language());
}

function command(name) {
  outbox.add(name, `/${name}`, language());
}

function stop() {
  if (find("stop").hidden) return;
  hushed = true;
  rest();
  command("stop");
  text.focus();
}

function edit(id) {
  const message = outbox.messages.find((one) => one.id === id);
  outbox.drop(id);
  view.remove(id);
  text.value = [message.text, text.value].filter(Boolean).join("\n");
  grow();
  text.focus();
}

// Shown at once; should it not arrive, the mark goes back to what it was.
async function opine(turn, thumb) {
  const before = turn.judged;
  view.judged(turn, thumb);
  await judge(turn.seq, thumb).catch(() => view.judged(turn, before));
}

// The Enter that picks a word in an input method (Chinese, Japanese, Korean) belongs to it. Safari tells by 229 only.
const composing = (event) => event.isComposing || event.keyCode === 229;

text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || composing(event)) return;
  event.preventDefault();
  send();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !composing(event) && !find("confirm").open) stop();
});

text.addEventListener("input", () => grow());
find("stop").addEventListener("click", stop);
find("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
  text.focus();
});
find("reset").addEventListener("click", () => {
  command("reset");
  text.focus();
});
find("forget").addEventListener("click", () => find("confirm").showModal());
find("confirm-no").addEventListener("click", () => find("confirm").close());
find("confirm-yes").addEventListener("click", () => {
  find("confirm").close();
  for (const message of [...outbox.messages]) {
    outbox.drop(message.id);
    view.remove(message.id);
  }
  command("forget");
  text.focus();
});
find("language").addEventListener("click", () => {
  setLanguage(language() === "zh" ? "en" : "zh");
  speak();
});

// ---- what is seen

const length = (words) => Array.from(words).length;

function grow() {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight}px`;
  refresh();
}

function refresh() {
  const over = length(text.value) - LONGEST;
  const nothing = view.empty();
  find("count").textContent =
    over > 0 ? say("too_long", { n: over, most: LONGEST }) : over > NEARLY - LONGEST ? say("left", { n: -over }) : "";
  find("composer").classList.toggle("over", over > 0);
  find("send").disabled = over > 0 || !text.value.trim();
  find("stop").hidden = !(waiting || signed);
  find("welcome").hidden = !(nothing && begun);
  find("reset").disabled = find("forget").disabled = nothing;
  find("line").textContent = say(signed ? "writing" : connected ? "online" : "offline");
  find("line").classList.toggle("off", !connected);
}

// Says everything on the page in the chosen language.
function speak() {
  translate();
  const { dataset } = document.body;
  const own = (name) => dataset[name + (language() === "zh" ? "Zh" : "En")];
  document.title = find("title").textContent = own("title");
  find("greeting").textContent = own("greeting");
  const asked = own("questions").split("\n").filter(Boolean);
  find("questions").replaceChildren(...asked.map(question));
  find("hint").hidden = asked.length === 0;
  notice(find("notice").dataset.notice ?? "", find("notice").dataset.action);
  view.again();
  refresh();
}

function question(words) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.dir = "auto";
  button.textContent = words;
  button.addEventListener("click", () => {
    ask(words);
    text.focus();
  });
  item.append(button);
  return item;
}

speak();
stream.start();
for (const message of outbox.messages) view.message(message);
outbox.run();
refresh();
if (matchMedia("(hover: hover)").matches) text.focus();
