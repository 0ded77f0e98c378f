// What changed from one text to another: English word by word, Chinese sign by sign.

const PIECES = /\p{Script=Han}|[\p{L}\p{N}\p{M}_'’-]+|\s+|[^]/gu;
const MOST = 1500; // Pieces on a side. Comparing takes their product; longer texts are replaced as a whole.

const cut = (text) => text.match(PIECES) || [];

// Lengths of the longest common run of pieces from each place on.
function lengths(before, after) {
  const table = Array.from({ length: before.length + 1 }, () => new Uint16Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      table[i][j] = before[i] === after[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
    }
  }
  return table;
}

// [["keep" | "drop" | "add", text], ...]: kept and dropped are the old text, kept and added the new one.
export function compare(old, fresh) {
  const [before, after] = [cut(old), cut(fresh)];
  const found = [];
  const put = (kind, text) => {
    const last = found.at(-1);
    if (last && last[0] === kind) last[1] += text;
    else found.push([kind, text]);
  };
  if (before.length > MOST || after.length > MOST) {
    if (old) put("drop", old);
    if (fresh) put("add", fresh);
    return found;
  }
  const table = lengths(before, after);
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      put("keep", before[i++]);
      j++;
    } else if (i < before.length && (j === after.length || table[i + 1][j] >= table[i][j + 1])) put("drop", before[i++]);
    else put("add", after[j++]);
  }
  return found;
}

export function mark(part, old, fresh) {
  const names = { drop: "del", add: "ins" };
  part.replaceChildren(...compare(old, fresh).map(([kind, text]) => {
    if (kind === "keep") return document.createTextNode(text);
    return Object.assign(document.createElement(names[kind]), { textContent: text });
  }));
}
