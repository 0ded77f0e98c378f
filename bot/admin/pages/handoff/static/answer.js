// The page of whoever answers: shows what is new as it comes, sends by Ctrl+Enter, keeps what is half written.

import { follow } from "./following.js";
import { showTimes } from "../times.js";

const talk = document.getElementById("talk");
const form = document.getElementById("writing");
const model = document.getElementById("bubble");
const atEnd = () => window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 120;
const toEnd = () => window.scrollTo({ top: document.documentElement.scrollHeight });

// What cannot be seen stands there as its code, as the server writes it.
function piece([text, sign, title]) {
  if (!sign) return text;
  const found = document.createElement("span");
  return Object.assign(found, { className: "sign", textContent: sign, title });
}

function bubble(turn) {
  const item = model.content.firstElementChild.cloneNode(true);
  item.className = `said ${turn.speaker}${turn.bad ? " bad" : ""}`;
  item.dataset.seq = turn.seq;
  item.querySelector(".text").replaceChildren(...turn.pieces.map(piece));
  for (const name of ["name", "state"]) item.querySelector(`.${name}`).textContent = turn[name];
  item.querySelector("time").dateTime = new Date(turn.at * 1000).toISOString();
  return item;
}

async function refresh() {
  const answer = await fetch(talk.dataset.turns, { headers: { Accept: "application/json" } });
  const { turns, mine, answering } = answer.ok ? await answer.json() : {};
  if (stream.readyState === EventSource.CLOSED) return;
  if (answer.status === 401) return location.reload();
  if (!turns) return;
  // Somebody took it over or it went back to the bot: the forms of the page are not true any more.
  if ((talk.dataset.mine === "yes") !== mine && !form?.elements.text.value) return location.reload();
  const follows = atEnd();
  talk.replaceChildren(...turns.map(bubble));
  showTimes(talk);
  document.getElementById("answering").textContent = answering;
  if (follows) toEnd();
}

form?.elements.text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});
form?.addEventListener("submit", () => { form.querySelector("button").disabled = true; });
toEnd();
const stream = follow(talk.dataset.live, refresh);
