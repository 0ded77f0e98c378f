// What every page does: times in the reader's zone, the menu, the theme, keys, and questions before what cannot be undone.

import { showTimes } from "./times.js";
import { listenToKeys } from "./keys.js";
import { askBefore } from "./asking.js";

const root = document.documentElement;

function fold() {
  const menu = document.getElementById("menu");
  const nav = document.getElementById("nav");
  if (!menu) return;
  menu.hidden = false;
  nav.classList.add("folded");
  menu.addEventListener("click", () => {
    const folded = nav.classList.toggle("folded");
    menu.setAttribute("aria-expanded", String(!folded));
  });
}

// The choice is a cookie, so that the next page comes in the right colours at once.
function theme() {
  const button = document.getElementById("theme");
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = `palaver-theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
  });
}

// A <select data-submit> sends its form as soon as something is chosen.
function submitOnChange() {
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });
}

fold();
theme();
showTimes();
listenToKeys();
askBefore();
submitOnChange();
