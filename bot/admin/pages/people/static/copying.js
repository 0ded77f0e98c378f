// <button data-copy="id" data-done="Copied"> copies the text of that field, where the browser allows it.

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  field.select();
  if (!navigator.clipboard) continue; // Not over plain http: then the person copies the selected text.
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(field.value);
    button.textContent = button.dataset.done;
  });
}
