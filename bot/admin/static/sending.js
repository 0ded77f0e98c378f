// import { send } from "/admin/static/sending.js": POST from a script, with the token. Gives the JSON answer, throws words.

export async function send(path, values) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { Accept: "application/json", "X-Form-Token": document.documentElement.dataset.token },
    body: new URLSearchParams(values),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.message);
  return body;
}
