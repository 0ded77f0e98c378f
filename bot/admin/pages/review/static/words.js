// What changed from one text to another: English word by word, Chinese sign by sign.

const PIECES = /\{\{\w+\}\}|\p{Script=Han}|[\p{L}\p{N}\p{M}_'’-]+|\s+|[^]/gu;
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

// Between two changes, a kept space or comma would only tear them apart: it is dropped and added with them.
function joined(pieces) {
  const found = [];
  let [drop, add] = ["", ""];
  const flush = () => {
    if (drop) found.push(["drop", drop]);
    if (add) found.push(["add", add]);
    [drop, add] = ["", ""];
  };
  pieces.forEach(([kind, text], at) => {
    const torn = kind === "keep" && (drop || add) && pieces[at + 1] && !/[\p{L}\p{N}]/u.test(text);
    if (kind === "keep" && !torn) {
      flush();
      found.push([kind, text]);
    }
    if (kind === "drop" || torn) drop += text;
    if (kind === "add" || torn) add += text;
  });
  flush();
  return found;
}

function steps(before, after) {
  const [table, found] = [lengths(before, after), []];
  const put = (kind, text) => {
    if (found.at(-1)?.[0] === kind) found.at(-1)[1] += text;
    else found.push([kind, text]);
  };
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

// [["keep" | "drop" | "add", text], ...]: kept and dropped are the old text, kept and added the new one.
export function compare(old, fresh) {
  const [before, after] = [cut(old), cut(fresh)];
  if (before.length > MOST || after.length > MOST) return [["drop", old], ["add", fresh]].filter(([, text]) => text);
  return joined(steps(before, after));
}

export function mark(part, old, fresh) {
  const names = { drop: "del", add: "ins" };
  part.replaceChildren(...compare(old, fresh).map(([kind, text]) => {
    if (kind === "keep") return document.createTextNode(text);
    return Object.assign(document.createElement(names[kind]), { textContent: text });
  }));
}
