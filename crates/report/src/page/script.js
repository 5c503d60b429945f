// Sort and filter the table of a class. Without this script, the page shows the same.
"use strict";
(() => {
  const table = document.querySelector("table.sortable");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const heads = Array.from(table.tHead.rows[0].cells);
  const filter = document.querySelector(".filter");
  const find = document.getElementById("find");
  const outcome = document.getElementById("outcome");
  const told = filter.querySelector("output");

  const value = (row, column) => {
    const cell = row.cells[column];
    const number = cell.dataset.value;
    return number === undefined ? cell.textContent.trim().toLowerCase() : number === "" ? null : Number(number);
  };
  const compare = (a, b) => (typeof a === "number" ? a - b : a < b ? -1 : a > b ? 1 : 0);

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const direction = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
      const keyed = rows.map((row, at) => ({ row, at, key: value(row, column) }));
      keyed.sort((a, b) => {
        // Those without a value are last in both directions.
        if (a.key === null || b.key === null) return (a.key === null) - (b.key === null) || a.at - b.at;
        return direction * compare(a.key, b.key) || a.at - b.at;
      });
      body.append(...keyed.map(({ row }) => row));
    });
  });

  const texts = rows.map((row) => row.textContent.toLowerCase());
  const show = () => {
    const words = find.value.toLowerCase().split(/\s+/);
    let shown = 0;
    rows.forEach((row, at) => {
      const fits = (!outcome.value || row.dataset.verdict === outcome.value) && words.every((word) => texts[at].includes(word));
      row.hidden = !fits;
      shown += fits;
    });
    told.textContent = `${shown} of ${rows.length} shown`;
  };
  find.addEventListener("input", show);
  outcome.addEventListener("change", show);
  filter.hidden = false;
  show();
})();
