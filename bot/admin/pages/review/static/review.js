// Shows what a correction changes, and saves it by Ctrl and Enter.

import { mark } from "./words.js";

for (const part of document.querySelectorAll("[data-old]")) mark(part, part.dataset.old, part.dataset.new);

const field = document.getElementById("correction");
const shown = document.getElementById("changes");

function show() {
  const { original } = field.dataset;
  shown.hidden = field.value.trim() === original.trim();
  if (!shown.hidden) mark(shown, original, field.value);
}

function saveByKey(event) {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  event.preventDefault();
  field.form.requestSubmit(field.form.querySelector("[data-save]"));
}

if (field) {
  field.addEventListener("input", show);
  field.form.addEventListener("keydown", saveByKey);
  show();
}
