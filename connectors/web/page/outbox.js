// Sends messages one after the other and tries again until the server has each. Its id makes a second try harmless.

const KEPT = "palaver.outbox";
const LONGEST_PAUSE = 20000;
const PATIENCE = 15000;

const json = (body) => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
  signal: AbortSignal.timeout(PATIENCE),
});

export class Outbox {
  // `changed(message)` is told of every new state: sending, waiting (will be tried again), failed (will not), sent.
  // `known()` says whether the server knows this browser; `began()` is called once it does.
  constructor(changed, known, began) {
    this.changed = changed;
    this.known = known;
    this.began = began;
    this.messages = this.kept();
    this.busy = false;
    this.tries = 0;
    this.timer = 0;
  }

  add(path, text, language) {
    const message = { id: newId(), path, text, language, at: new Date().toISOString(), state: "sending", error: "" };
    this.messages.push(message);
    this.keep();
    this.changed(message);
    this.run();
    return message;
  }

  drop(id) {
    this.messages = this.messages.filter((message) => message.id !== id);
    this.keep();
  }

  // What was failed for good is tried again, too: the person asked for it.
  again(id) {
    const message = this.messages.find((one) => one.id === id);
    if (message) message.state = "sending";
    this.now();
  }

  now() {
    clearTimeout(this.timer);
    this.tries = 0;
    this.run();
  }

  async run() {
    if (this.busy) return;
    this.busy = true;
    clearTimeout(this.timer);
    try {
      for (let next = this.next(); next; next = this.next()) {
        this.become(next, "sending");
        if (!(await this.send(next))) return;
      }
    } finally {
      this.busy = false;
    }
  }

  next() {
    return this.messages.find((message) => message.state !== "failed");
  }

  // Returns whether to go on with the next one.
  async send(message) {
    let answer;
    try {
      answer = await this.post(message);
    } catch {
      return this.later(message);
    }
    if (answer.ok) {
      this.tries = 0;
      this.drop(message.id);
      this.become(message, "sent");
      return true;
    }
    if (answer.status >= 500 || answer.status === 408 || answer.status === 429) return this.later(message);
    message.error = answer.status === 401 ? "cookies" : await reason(answer);
    this.become(message, "failed");
    return true;
  }

  async post(message) {
    if (this.known()) {
      const answer = await this.postOnce(message);
      if (answer.status !== 401) return answer;
    }
    const session = await fetch("chat/session", json({}));
    if (!session.ok) return session;
    const answer = await this.postOnce(message);
    if (answer.ok) this.began();
    return answer;
  }

  postOnce({ id, path, text, language }) {
    return fetch(`chat/${path}`, json(path === "messages" ? { id, text, language } : { id, language }));
  }

  later(message) {
    this.become(message, "waiting");
    const pause = Math.min(LONGEST_PAUSE, 1000 * 2 ** this.tries) * (0.5 + Math.random() / 2);
    this.tries += 1;
    this.timer = setTimeout(() => this.run(), pause);
    return false;
  }

  become(message, state) {
    message.state = state;
    this.keep();
    this.changed(message);
  }

  // Kept for this tab, so that a reload loses nothing that was not sent yet.
  keep() {
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(this.messages));
    } catch {
      // Storage may be forbidden or full; then only this page knows.
    }
  }

  kept() {
    try {
      return JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
    } catch {
      return [];
    }
  }
}

// Says what the person thinks of a reply; tries once more, and raises where that failed, too.
export async function judge(seq, thumb) {
  const opinion = { id: newId(), seq, thumb };
  const answer = await fetch("chat/opinions", json(opinion)).catch(() => fetch("chat/opinions", json(opinion)));
  if (!answer.ok) throw new Error(`status ${answer.status}`);
}

async function reason(answer) {
  try {
    return (await answer.json()).error;
  } catch {
    return "refused";
  }
}

// crypto.randomUUID is there only over https and on localhost.
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
