// Sort and filter the table of a class, and tell which read is under the pointer. Without this script, the page shows the
// same.
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

(() => {
  // The reads of each lane. The lanes are the threads in the order in which they began, as in the picture.
  const lanes = (timeline) => {
    const threads = new Map();
    for (const access of timeline.split(";")) {
      const [thread, file, first, after] = access.split(" ").map(Number);
      if (!threads.has(thread)) threads.set(thread, []);
      threads.get(thread).push({ file, first, after });
    }
    const begin = (reads) => Math.min(...reads.map((read) => read.first));
    return Array.from(threads)
      .sort(([a, readsOfA], [b, readsOfB]) => begin(readsOfA) - begin(readsOfB) || a - b)
      .map(([, reads]) => reads);
  };

  for (const figure of document.querySelectorAll(".picture[data-own]")) {
    const told = document.createElement("p");
    told.className = "under";
    told.textContent = "Point at a block: here is its file.";
    figure.querySelector(".legend").before(told);
    for (const track of figure.querySelectorAll(".track")) {
      const kind = track.classList.contains("own") ? "own" : "reference";
      const picture = track.querySelector(".lanes");
      const all = lanes(figure.dataset[kind]);
      picture.addEventListener("pointermove", (event) => {
        const { left, top, width, height } = picture.getBoundingClientRect();
        const { width: rounds, height: number } = picture.viewBox.baseVal;
        const round = Math.floor(((event.clientX - left) / width) * rounds);
        const lane = Math.floor(((event.clientY - top) / height) * number);
        const files = (all[lane] ?? []).filter((read) => read.first <= round && round < read.after).map((read) => read.file + 1);
        const what = files.length === 0 ? "reads nothing" : `reads file ${files.join(" and ")}`;
        told.textContent = `Round ${round + 1}: thread ${lane + 1} ${what}.`;
      });
    }
  }
})();
