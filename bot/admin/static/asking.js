// <form data-ask="Remove it?"> asks before it is sent. data-yes on the form names the button.

export function askBefore() {
  const dialog = document.getElementById("confirm");
  if (!dialog) return;
  const [yes, text] = [dialog.querySelector("[value=yes]"), document.getElementById("confirm-text")];
  let asked = null;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.ask || form.dataset.agreed) return;
    event.preventDefault();
    asked = { form, button: event.submitter };
    text.textContent = form.dataset.ask;
    yes.textContent = form.dataset.yes || yes.dataset.yes;
    dialog.returnValue = "no";
    dialog.showModal();
  });
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "yes" || !asked) return;
    asked.form.dataset.agreed = "yes";
    asked.form.requestSubmit(asked.button);
  });
}
