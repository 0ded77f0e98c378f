// Shows the conversation. Whatever anybody said goes through textContent and nothing else.

import { locale, say, translate } from "./words.js";

const NEAR = 80;
const ASKED = { reset: "askReset", forget: "askForget", stop: "askStop" };
const find = (id) => document.getElementById(id);

function make(tag, className = "", text = "") {
  const part = document.createElement(tag);
  if (className) part.className = className;
  if (text) part.textContent = text;
  return part;
}

export class View {
  // `on` has: again(id) and edit(id), for messages that were not sent; judge(turn, thumb), for replies.
  constructor(on) {
    this.on = on;
    this.main = find("main");
    this.log = find("log");
    this.turns = new Map(); // Our messages that are not in the transcript yet, by id.
    this.stored = new Set();
    this.forgetting = false;
    this.following = true;
    this.main.addEventListener("scroll", () => this.scrolled(), { passive: true });
    // The field below grows, a keyboard comes up: whoever was reading the end stays there.
    new ResizeObserver(() => this.following && this.toEnd()).observe(this.main);
    find("down").addEventListener("click", () => this.toEnd());
  }

  // A turn as the server stored it: {seq, speaker, text, at, command, id}.
  turn(turn) {
    const stay = !this.atEnd();
    if (this.forgetting && turn.speaker !== "user") this.forget();
    this.forgetting = this.forgetting || (turn.speaker === "user" && turn.command === "forget");
    const item = this.turns.get(turn.id) ?? make("li");
    this.turns.delete(turn.id);
    this.stored.add(turn.id);
    this.fill(item, turn);
    item.dataset.seq = turn.seq;
    this.insert(item, turn);
    this.moved(stay && turn.speaker !== "user");
  }

  // A message of our own that the server may not have yet: {id, path, text, at, state, error}.
  message(message) {
    if (this.stored.has(message.id)) return; // The transcript was quicker than the answer to our sending.
    const isNew = !this.turns.has(message.id);
    const item = this.turns.get(message.id) ?? this.log.appendChild(make("li"));
    this.turns.set(message.id, item);
    const command = message.path === "messages" ? "" : message.path;
    this.fill(item, { speaker: "user", text: message.text, at: message.at, command }, message);
    if (isNew) this.toEnd();
  }

  remove(id) {
    this.turns.get(id)?.remove();
    this.turns.delete(id);
  }

  // Says everything again, in the language that is chosen now.
  again() {
    for (const item of this.log.children) {
      if (item.said) this.fill(item, item.said.turn, item.said.message);
      else if (item.dataset.day) item.textContent = dayName(new Date(item.dataset.day));
    }
  }

  fill(item, turn, message = null) {
    item.said = { turn, message };
    const asked = turn.speaker === "user" && ASKED[turn.command];
    item.className = `turn ${asked ? "asked" : turn.speaker} ${message?.state ?? "stored"}`;
    const who = make("span", "unseen", `${say(asked ? "you" : speaker(turn))}: `);
    const bubble = make(asked ? "p" : "div", "bubble", asked ? say(asked) : turn.text);
    bubble.dir = "auto";
    if (asked) bubble.dataset.word = asked;
    const meta = make("p", "meta");
    if (turn.speaker === "human") meta.append(make("span", "", say("human")));
    meta.append(time(turn.at));
    if (turn.speaker === "user") meta.append(...this.state(message));
    else if (turn.judged !== undefined && document.body.dataset.thumbs === "True") meta.append(this.thumbs(turn));
    item.replaceChildren(...(asked ? [] : [who]), bubble, meta);
  }

  // What the person thinks of a reply. A second press takes it back.
  thumbs(turn) {
    const both = find("thumbs").content.firstElementChild.cloneNode(true);
    translate(both);
    for (const button of both.children) {
      const { thumb } = button.dataset;
      button.setAttribute("aria-pressed", String(turn.judged === thumb));
      button.addEventListener("click", () => this.on.judge(turn, turn.judged === thumb ? "" : thumb));
    }
    return both;
  }

  // Shows an opinion, under the finger of whoever gave it.
  judged(turn, thumb) {
    turn.judged = thumb;
    for (const button of this.log.querySelectorAll(`[data-seq="${turn.seq}"] .thumb`)) {
      button.setAttribute("aria-pressed", String(button.dataset.thumb === thumb));
    }
  }

  // The mark behind a message of one's own, and what can be done when it was not sent.
  state(message) {
    const state = message?.state ?? "sent";
    if (state === "sent") return [make("span", "tick", "✓"), make("span", "unseen", say("sent"))];
    const why = state === "failed" && message.error ? say(known(message.error)) : "";
    const parts = [make("span", "why", `${say(state)} ${why}`.trim())];
    if (state === "sending") return parts;
    parts.push(this.button("again", message.id));
    if (state === "failed" && message.path === "messages") parts.push(this.button("edit", message.id));
    return parts;
  }

  button(what, id) {
    const button = make("button", "small", say(what));
    button.type = "button";
    button.addEventListener("click", () => this.on[what](id));
    return button;
  }

  // Turns come in order; messages that are not stored yet stay behind them.
  insert(item, turn) {
    const rest = [...this.log.children].find((one) => one !== item && !one.dataset.seq && !one.dataset.day);
    const day = new Date(turn.at).toDateString();
    if (day !== this.day) {
      const line = make("li", "day");
      line.dataset.day = new Date(turn.at).toISOString();
      line.textContent = dayName(new Date(turn.at));
      this.log.insertBefore(line, rest ?? null);
    }
    this.day = day;
    this.log.insertBefore(item, rest ?? null);
  }

  // Everything that was said before is gone on the server, too.
  forget() {
    for (const item of [...this.log.children]) {
      if (item.dataset.seq || item.dataset.day || item.classList.contains("sent")) item.remove();
    }
    this.turns.clear();
    this.day = "";
    this.forgetting = false;
  }

  draft(text) {
    const stay = !this.atEnd();
    find("draft").hidden = false;
    find("draft-text").textContent = text;
    this.moved(stay);
  }

  endDraft() {
    find("draft").hidden = true;
    find("draft-text").textContent = "";
  }

  speak(turn) {
    find("spoken").textContent = `${say(speaker(turn))}: ${turn.text}`;
  }

  empty() {
    return this.log.children.length === 0;
  }

  atEnd() {
    return this.main.scrollHeight - this.main.scrollTop - this.main.clientHeight < NEAR;
  }

  toEnd() {
    this.main.scrollTop = this.main.scrollHeight;
    this.hideDown();
  }

  scrolled() {
    this.following = this.atEnd();
    if (this.following) this.hideDown();
  }

  hideDown() {
    find("down").hidden = true;
  }

  // Follows what is new, unless the person reads further up: then says that there is something.
  moved(stay) {
    if (stay) find("down").hidden = false;
    else this.toEnd();
  }
}

const speaker = (turn) => (turn.speaker === "user" ? "you" : turn.speaker);

const known = (error) => (["cookies", "unusable"].includes(error) ? error : "refused");

function time(at) {
  const part = make("time");
  part.dateTime = at;
  part.textContent = new Date(at).toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit" });
  return part;
}

function dayName(day) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(day).setHours(0, 0, 0, 0)) / 86400000);
  if (days === 0) return say("today");
  if (days === 1) return say("yesterday");
  return day.toLocaleDateString(locale(), { weekday: "long", day: "numeric", month: "long" });
}
