// Follows a stream of the server: `news` means that something is new. [data-follow] on a page loads the page again.

export function follow(address, told) {
  const stream = new EventSource(address);
  stream.addEventListener("news", told);
  // Whoever leaves by a form or a link must not be called back: a reload would cancel where they are going.
  addEventListener("beforeunload", () => stream.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  return stream;
}

const followed = document.querySelector("[data-follow]");
if (followed) follow(followed.dataset.follow, () => {
  // Not under somebody's hands: a question that is open, or a button that has the focus, stays.
  if (document.querySelector("dialog[open]")) return;
  location.reload();
});
