// Tables: built from heads and rows of text, and sorted by a click on a head.

/** The number in a cell such as "−$1.23bn", "4.2%" or "50x"; NaN for words. */
export function numberIn(text) {
  const found = /^([−-]?)\+?\$?([\d,]*\.?\d+)\s*(tn|bn|m|k)?/.exec(text.trim());
  if (!found) return NaN;
  const size = { tn: 1e12, bn: 1e9, m: 1e6, k: 1e3 }[found[3]] ?? 1;
  return (found[1] ? -1 : 1) * Number(found[2].replaceAll(",", "")) * size;
}

/** An element with a class and text. */
export function element(name, text = "", of = "") {
  const made = document.createElement(name);
  if (of) made.className = of;
  made.textContent = text;
  return made;
}

/** A table in a region that scrolls sideways. */
export function grid(heads, rows, of = "", label = "Table") {
  const region = element("div", "", "scroll");
  region.tabIndex = 0;
  region.setAttribute("role", "region");
  region.setAttribute("aria-label", label);
  const table = element("table", "", of);
  const top = table.createTHead().insertRow();
  for (const head of heads) {
    const cell = element("th", head);
    cell.scope = "col";
    top.append(cell);
  }
  const body = table.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    for (const cell of row) line.append(element("td", cell, cell.startsWith("−") ? "neg" : ""));
  }
  region.append(table);
  sortable(table);
  return region;
}

/** Let a click or Enter on a head sort the rows: numbers by size, words by letter; the first click ascends. */
export function sortable(table) {
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
  if (!table.tBodies.length || table.tBodies[0].rows.length < 3) return;
  heads.forEach((head, column) => {
    if (!head.textContent.trim()) return;
    const button = element("button", head.textContent, "sort");
    button.type = "button";
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const body = table.tBodies[0];
      const key = (row) => row.cells[column]?.textContent ?? "";
      const compare = (one, other) => {
        const [a, b] = [numberIn(key(one)), numberIn(key(other))];
        if (/^\d{4}-\d\d/.test(key(one)) || Number.isNaN(a) || Number.isNaN(b)) return key(one).localeCompare(key(other));
        return a - b;
      };
      const rows = [...body.rows].sort(compare);
      body.append(...(down ? rows.reverse() : rows));
    });
  });
}
