// Tables of figures: sortable by any column, with a filter when they are long.

const FILTER_FROM = 15;
const SCROLL_FROM = 30; // rows; so many stand in a box of their own, under its heading

// columns: {title, value(row), show(row), kind: "number" | "name" | "text", hint}
// `value` is what a cell is sorted by, and its data-value; `show` what is in
// it. options: {total: a last row that stays last, fixed: not sortable}.
function table(columns, rows, options = {}) {
  const body = el("tbody", {}, rows.map((row) => tableRow(columns, row)));
  const headers = columns.map((column) => el("th", { class: column.kind === "number" ? "number" : null, scope: "col", title: column.hint }, column.title));
  if (!options.fixed && rows.length > 1) headers.forEach((th, i) => makeSortable(th, headers, columns[i], rows, columns, body));
  const element = el("table", {}, el("thead", {}, el("tr", {}, headers)), body);
  if (options.total) element.append(el("tbody", {}, tableRow(columns, options.total, "total")));
  const box = el("div", { class: rows.length >= SCROLL_FROM ? "panel scroll tall" : "panel scroll" }, element);
  return !options.fixed && rows.length >= FILTER_FROM ? [filterBox(body), box] : [box];
}

function tableRow(columns, row, className) {
  return el("tr", { class: className }, columns.map((column) => {
    const shown = column.show ? column.show(row) : column.value(row);
    const value = column.value ? column.value(row) : undefined;
    const tone = column.tone ? column.tone(row) : "";
    const content = column.kind === "name" ? nameCell(String(shown)) : shown;
    return el("td", { class: [column.kind, tone].filter(Boolean).join(" ") || null, "data-value": value }, content);
  }));
}

// A name breaks behind its parts, and a very long one is cut to three lines.
function nameCell(name) {
  const parts = name.split(/(?<=[/?&=.,_-])/).flatMap((part, i) => (i ? [el("wbr"), part] : [part]));
  return name.length > 120 ? el("span", { class: "clamped", title: name }, parts) : parts;
}

function makeSortable(th, headers, column, rows, columns, body) {
  if (!column.value) return;
  const elements = new Map(rows.map((row, i) => [row, body.children[i]]));
  th.replaceChildren(el("button", {
    type: "button", title: column.hint || `Sort by ${column.title}`,
    onclick() {
      // Figures are most interesting from above, names from their beginning.
      const first = column.kind === "number" ? "descending" : "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const order = th.getAttribute("aria-sort") === first ? other : first;
      headers.forEach((h) => h.removeAttribute("aria-sort"));
      th.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      const sorted = [...rows].sort((a, b) => sign * compare(column.value(a), column.value(b)));
      body.append(...sorted.map((row) => elements.get(row)));
    },
  }, column.title));
}

// What was not measured comes first, so last from above.
function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined) return -1;
  if (b === null || b === undefined) return 1;
  return a < b ? -1 : 1;
}

function filterBox(body) {
  const input = el("input", {
    type: "search", placeholder: `Filter ${body.children.length} rows`, "aria-label": "Filter rows",
    oninput() {
      const wanted = input.value.toLowerCase();
      for (const row of body.children) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    },
  });
  return el("p", { class: "controls", style: "margin-bottom: 8px" }, input);
}
