// Tells the server the reader's zone, so that its days begin where the reader's do; and shows dates only where asked for.

const root = document.documentElement;
const form = document.querySelector("form[data-zone-used]");

function tellZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || root.dataset.zone || form.dataset.zoneUsed === zone) return;
  document.cookie = `palaver-zone=${zone}; path=/; max-age=31536000; samesite=lax`;
  if (sessionStorage.getItem("zone-told") === zone) return; // A zone that the server does not know.
  sessionStorage.setItem("zone-told", zone);
  location.reload();
}

function showDates() {
  const span = form.elements.span;
  const dates = form.querySelector(".dates");
  const fit = () => { dates.hidden = span.value !== "dates"; };
  span.addEventListener("change", () => {
    fit();
    if (span.value === "dates") dates.querySelector("input").focus();
    else form.requestSubmit();
  });
  fit();
}

tellZone();
showDates();
