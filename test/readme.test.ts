/** README.md says what is true: its table of settings is that of src/settings, its samples say what they say. */
import { expect, test } from "bun:test";
import { settings } from "../src/settings/index.ts";
import { defaultText, type Setting } from "../src/settings/setting.ts";

const readme = await Bun.file(new URL("../README.md", import.meta.url)).text();

test("README lists every setting, as src/settings has it", () => {
  const table = /<!-- settings:.*-->\n([\s\S]*?)\n<!-- \/settings -->/u.exec(readme)?.[1] ?? "";
  expect(cells(table)).toEqual(cells(settingsTable()));
});

test("README names no file that is not there", async () => {
  const named = [...readme.matchAll(/(?:samples|test|vendor)\/[\w./-]+\.\w+/gu)].map(
    ([path]) => path,
  );
  expect(named.length).toBeGreaterThan(0);
  for (const path of named) {
    expect(await Bun.file(new URL(`../${path}`, import.meta.url)).exists()).toBe(true);
  }
});

// --- internal ---

function settingsTable(): string {
  const entries: readonly Setting<unknown>[] = Object.values(settings);
  const rows = entries
    .filter((entry) => entry.hidden !== true)
    .map((entry) => {
      const flag = entry.flag === undefined ? "" : `\`--${entry.flag}\``;
      const { range } = entry.value;
      return `| \`${entry.variable}\` | ${flag} | ${range} | ${defaultText(entry)} | ${entry.help} |`;
    });
  return [
    "| variable | flag | values | default | meaning |",
    "| - | - | - | - | - |",
    ...rows,
  ].join("\n");
}

/** Formatters pad tables: only what stands in the cells counts. */
function cells(table: string): string[][] {
  return table
    .split("\n")
    .filter((row) => row.startsWith("|") && !/^\|[\s|-]+$/u.test(row))
    .map((row) => row.split("|").map((cell) => cell.trim()));
}
