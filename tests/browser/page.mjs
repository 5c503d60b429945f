// Look at pages in Chromium: what a browser tells of them, what axe-core and a validator find, what clicks do, and how they
// look. Started by the test `reports::page`.
//
// Usage: node page.mjs TOOLS OUT PAGE… where TOOLS has `node_modules`, OUT gets the pictures, and a PAGE is a file whose name
// without `.html` names its pictures. The page `class` has a table to sort. Ends with 1 if anything is wrong.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [tools, out, ...pages] = process.argv.slice(2).map((path) => resolve(path));
const require = createRequire(join(tools, "page.mjs"));
const puppeteer = require("puppeteer-core");
const axe = readFileSync(require.resolve("axe-core"), "utf8");
const { HtmlValidate, FileSystemConfigLoader } = await import(pathToFileURL(require.resolve("html-validate")).href);

const problems = [];
const expect = (holds, what) => {
  if (!holds) problems.push(what);
};

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});

// A tab with the page in it. Whatever the browser complains of, and whatever it asks for, is a problem.
const open = async (path, { width = 1200, scheme = "light", script = true } = {}) => {
  const tab = await browser.newPage();
  const name = `${basename(path)} (${scheme}, ${width})`;
  tab.on("console", (message) => problems.push(`${name} says: ${message.text()}`));
  tab.on("pageerror", (error) => problems.push(`${name} fails: ${error}`));
  const own = pathToFileURL(path).href;
  tab.on("request", (request) => {
    const url = request.url();
    if (url.split("#")[0] !== own && !url.startsWith("data:")) problems.push(`${name} asks for ${url}`);
  });
  tab.on("dialog", async (dialog) => {
    problems.push(`${name} opens a dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  await tab.setJavaScriptEnabled(script);
  await tab.setViewport({ width, height: 900 });
  await tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  const begin = performance.now();
  await tab.goto(own, { waitUntil: "load" });
  return { tab, name, ms: Math.round(performance.now() - begin) };
};

const rowsShown = (tab) =>
  tab.$$eval("table.sortable tbody tr", (rows) => rows.filter((row) => !row.hidden).map((row) => row.cells[0].textContent));

const looks = async (path) => {
  const page = basename(path, ".html");
  for (const [width, scheme, suffix] of [[1200, "light", ""], [390, "light", "-phone"], [1200, "dark", "-dark"]]) {
    const { tab, name, ms } = await open(path, { width, scheme });
    await tab.screenshot({ path: join(out, `${page}${suffix}.png`), fullPage: true });
    const wide = await tab.evaluate(() => document.documentElement.scrollWidth);
    expect(wide <= width, `${name} is ${wide} pixels wide`);
    if (suffix === "") {
      console.log(`${basename(path)}: ${readFileSync(path).length} bytes, open in ${ms} ms`);
      await tab.pdf({ path: join(out, `${page}.pdf`), format: "A4", printBackground: true, margin: { top: "12mm", bottom: "12mm", left: "12mm", right: "12mm" } });
    }
    // All that is folded is looked at as well.
    await tab.evaluate(() => document.querySelectorAll("details").forEach((part) => (part.open = true)));
    const unfolded = await tab.evaluate(() => document.documentElement.scrollWidth);
    expect(unfolded <= width, `${name} is ${unfolded} pixels wide when it is unfolded`);
    await tab.evaluate(axe);
    const found = await tab.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    for (const { id, help, nodes } of found.violations) {
      problems.push(`${name}: axe-core: ${id}: ${help}: ${nodes.length} times, first ${nodes[0].html.slice(0, 200)} (${nodes[0].failureSummary.replace(/\s+/g, " ")})`);
    }
    await tab.close();
  }
};

// A phone shows the whole width of the table, with the reason of each submission, and filters it. What it cuts from a long
// reason is in the submission's own part.
const phone = async (path) => {
  const { tab, name } = await open(path, { width: 390 });
  const seen = await tab.$eval("table.sortable", (table) => ({
    hidden: table.parentElement.scrollWidth - table.parentElement.clientWidth,
    reasons: Array.from(table.querySelectorAll("td.reason:not(:empty)")).every((cell) => cell.checkVisibility() && cell.getBoundingClientRect().right <= 390),
    elsewhere: Array.from(table.querySelectorAll("td.reason:not(:empty)")).every((cell) => {
      const own = document.querySelector(cell.parentElement.querySelector("a").hash);
      return own.textContent.includes(cell.textContent.split(": ").slice(1).join(": "));
    }),
    covered: Array.from(table.tBodies[0].rows)
      .filter((row) => row.querySelector("a").getBoundingClientRect().right > row.querySelector(".pill").getBoundingClientRect().left)
      .map((row) => row.cells[0].textContent),
    tallest: Math.max(...Array.from(table.tBodies[0].rows).map((row) => row.getBoundingClientRect().height)),
  }));
  expect(seen.hidden <= 0, `${name}: ${seen.hidden} pixels of the table are out of sight`);
  expect(seen.reasons, `${name}: a reason is out of sight`);
  expect(seen.covered.length === 0, `${name}: an outcome covers a part of these names: ${seen.covered}`);
  expect(seen.elsewhere, `${name}: a reason is not in the submission's own part`);
  console.log(`${name}: the tallest row is ${seen.tallest} pixels high`);
  expect(seen.tallest <= 160, `${name}: a row is ${seen.tallest} pixels high`);
  await tab.type("#find", "mutex-around");
  const rows = await tab.$$eval("table.sortable tbody tr", (rows) => rows.filter((row) => row.checkVisibility()).length);
  expect(rows === 1, `${name}: the filter leaves ${rows} rows in sight`);
  await tab.close();
};

// On paper, everything is unfolded that is explained, and an axis stays with its picture.
const paper = async (path) => {
  const { tab, name } = await open(path);
  await tab.emulateMediaType("print");
  const heights = await tab.$$eval(".picture .lanes", (pictures) => pictures.map((one) => one.checkVisibility({ contentVisibilityAuto: true }) && one.getBoundingClientRect().height));
  expect(heights.every((height) => height > 0), `${name}: pictures of these heights are printed: ${heights}`);
  const breaks = await tab.$$eval(".picture .axis", (axes) => axes.map((axis) => getComputedStyle(axis).breakBefore));
  expect(breaks.every((one) => one === "avoid"), `${name}: a page may break above an axis: ${breaks}`);
  await tab.close();
};

const valid = async (path) => {
  const validator = new HtmlValidate({
    root: true,
    extends: ["html-validate:standard", "html-validate:a11y"],
    // Only how the source looks. Elements of SVG end with `/>`, those of HTML do not.
    rules: { "void-style": "off", "no-trailing-whitespace": "off", "long-title": "off", "doctype-style": "off", "no-raw-characters": "error" },
  });
  const report = await validator.validateFile(path);
  for (const message of report.results.flatMap((result) => result.messages)) {
    problems.push(`${basename(path)}:${message.line}:${message.column}: ${message.ruleId}: ${message.message}`);
  }
};

// What a teacher does with the table.
const clicks = async (path) => {
  const { tab } = await open(path);
  const all = await rowsShown(tab);
  const press = (text) => tab.evaluate((text) => Array.from(document.querySelectorAll("thead button")).find((one) => one.textContent === text).click(), text);
  const points = () => tab.$$eval("table.sortable tbody tr", (rows) => rows.map((row) => row.querySelector("td.right").dataset.value));
  const inOrder = (values, direction) => {
    const numbers = values.filter((value) => value !== "").map(Number);
    const blanks = values.slice(numbers.length);
    return blanks.every((value) => value === "") && numbers.every((number, at) => at === 0 || direction * (number - numbers[at - 1]) >= 0);
  };
  await press("Points");
  expect(inOrder(await points(), 1), `ascending points are ${await points()}`);
  await press("Points");
  expect(inOrder(await points(), -1), `descending points are ${await points()}`);
  expect((await tab.$$eval("th[aria-sort]", (heads) => heads.map((head) => head.getAttribute("aria-sort")).join())) === "descending", "one column says how it is sorted");
  // By keyboard: from the first head, Enter sorts.
  await tab.focus("thead button");
  await tab.keyboard.press("Enter");
  expect((await rowsShown(tab)).join() === [...all].sort().join(), "Enter sorts by the name");
  await tab.type("#find", "MUTEX-around");
  expect((await rowsShown(tab)).join() === "mutex-around-read", `the filter leaves ${await rowsShown(tab)}`);
  expect((await tab.$eval(".filter output", (told) => told.textContent)) === `1 of ${all.length} shown`, "the filter tells how many rows it leaves");
  await tab.$eval("#find", (find) => { find.value = ""; find.dispatchEvent(new Event("input")); });
  await tab.select("#outcome", "pass");
  const passed = await rowsShown(tab);
  expect(passed.length > 0 && passed.every((id) => id.startsWith("correct")), `those who passed are ${passed}`);
  await tab.select("#outcome", "");
  // A link unfolds the submission.
  await tab.click('table.sortable a[href="#of-mutex-around-read"]');
  expect(await tab.$eval("#of-mutex-around-read", (part) => part.closest("details").open), "a link unfolds the submission");
  await tab.screenshot({ path: join(out, "class-unfolded.png") });
  await tab.close();

  const plain = await open(path, { script: false });
  expect((await plain.tab.$$("table.sortable tbody tr")).length === all.length, "all rows are there without the script");
  expect((await plain.tab.$$("thead button")).length === 0, "there are no dead buttons without the script");
  expect(await plain.tab.$eval(".filter", (filter) => getComputedStyle(filter).display === "none"), "there is no dead filter without the script");
  await plain.tab.close();
};

// The pointer over the first block of a run whose threads take turns.
const points = async (path) => {
  const { tab } = await open(path);
  const lanes = await tab.$(".track.own .lanes");
  await lanes.scrollIntoView();
  const { x, y, width, height } = await lanes.boundingBox();
  const told = async (across, down) => {
    await tab.mouse.move(x + across * width, y + down * height);
    return tab.$eval(".under", (told) => told.textContent);
  };
  const first = await told(0.0005, 1 / 16);
  expect(/^Round 1: thread 1 reads file \d+\.$/.test(first), `over the first block: ${first}`);
  const other = await told(0.0005, 3 / 16);
  expect(other === "Round 1: thread 2 reads nothing.", `below it: ${other}`);
  await tab.close();
};

for (const path of pages) {
  await looks(path);
  await valid(path);
  await paper(path);
  if (basename(path) === "class.html") {
    await clicks(path);
    await phone(path);
  }
  if (basename(path) === "mutex-around-read.html") await points(path);
}
await browser.close();
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);
