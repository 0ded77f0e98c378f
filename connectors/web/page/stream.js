// Keeps a stream of events open, whatever happens to the line, and always goes on after the last turn that was seen.

const SILENCE = 40000;
const LONGEST_PAUSE = 15000;

export class Stream {
  // `on` has: turns(list), draft(text), lost(), here(again) where `again` says that it was lost before, elsewhere().
  constructor(on) {
    this.on = on;
    this.last = 0;
    this.known = false; // Whether this browser has a conversation.
    this.source = null;
    this.tries = 0;
    this.round = 0;
    this.asleep = false;
    addEventListener("online", () => this.wake());
    document.addEventListener("visibilitychange", () => document.hidden || this.wake());
  }

  // Reads what was said so far, then listens. Without a conversation there is nothing to listen to.
  async start() {
    this.close();
    this.asleep = false;
    const round = ++this.round;
    let history;
    try {
      const answer = await fetch("chat/history", { signal: AbortSignal.timeout(15000) });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      history = await answer.json();
    } catch {
      if (round === this.round) this.retry();
      return;
    }
    if (round !== this.round) return;
    this.known = history.session;
    this.take(history.turns);
    if (history.session) this.listen();
    else this.restored();
  }

  listen() {
    this.close();
    const source = new EventSource(`chat/events?after=${this.last}`);
    this.source = source;
    const hear = (name, react) =>
      source.addEventListener(name, (event) => {
        if (this.source !== source) return;
        this.restored();
        this.watch();
        react(JSON.parse(event.data));
      });
    hear("beat", () => {});
    hear("turn", (turn) => this.take([turn]));
    hear("draft", (draft) => this.on.draft(draft.text));
    hear("elsewhere", () => this.sleep());
    source.onerror = () => {
      if (this.source !== source) return;
      if (source.readyState === EventSource.CLOSED) this.retry();
      else this.missed(); // The browser itself connects again, and says by Last-Event-ID where to go on.
    };
    this.watch();
  }

  take(turns) {
    const fresh = turns.filter((turn) => turn.seq > this.last);
    if (!fresh.length) return;
    this.last = fresh[fresh.length - 1].seq;
    this.on.turns(fresh);
  }

  // The server says something every fifteen seconds; a line that stays silent is dead, even if nobody told us.
  watch() {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.start(), SILENCE);
  }

  // The first time it may be a proxy that closes long answers: no need to alarm anybody.
  missed() {
    this.tries += 1;
    if (this.tries === 2) this.on.lost();
  }

  retry() {
    this.close();
    this.missed();
    const pause = Math.min(LONGEST_PAUSE, 400 * 2 ** Math.min(this.tries, 8)) * (0.5 + Math.random() / 2);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.start(), pause);
  }

  restored() {
    this.on.here(this.tries > 1);
    this.tries = 0;
  }

  sleep() {
    this.close();
    this.asleep = true;
    this.on.elsewhere();
  }

  wake() {
    if (this.tries > 0 && !this.asleep) this.start();
  }

  close() {
    clearTimeout(this.watchdog);
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }
}
