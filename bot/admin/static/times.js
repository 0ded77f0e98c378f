// Times in the zone and language of the reader.

const root = document.documentElement;
const language = root.lang === "en" && navigator.language.startsWith("en") ? navigator.language : root.lang;
const SHAPES = {
  full: { dateStyle: "full", timeStyle: "medium" },
  short: { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" },
  date: { dateStyle: "medium" },
  clock: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
};
const STEPS = [[60, "second"], [3600, "minute", 60], [86400, "hour", 3600], [2592000, "day", 86400]];

function formatter(shape) {
  try {
    return new Intl.DateTimeFormat(language, { ...SHAPES[shape], timeZone: root.dataset.zone || undefined });
  } catch {
    return new Intl.DateTimeFormat(language, SHAPES[shape]); // A zone that this browser does not know.
  }
}

function ago(at) {
  const seconds = (at - Date.now()) / 1000;
  const step = STEPS.find(([limit]) => Math.abs(seconds) < limit);
  if (!step) return formatter("date").format(at);
  const [, unit, size = 1] = step;
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

// Call it again with what was added to the page later.
export function showTimes(part = document) {
  for (const time of part.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const shape = time.dataset.as ?? "short";
    time.textContent = shape === "ago" ? ago(at) : formatter(shape in SHAPES ? shape : "short").format(at);
    time.title = formatter("full").format(at);
  }
}
