/** README.md and docs/ say what is true: settings, errors, links, file names, and the length that a reader was promised. */
import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { settings } from "../../src/settings/index.ts";
import { configurationPage, docs, withErrorTable } from "./pages.ts";

const repository = join(docs, "..");
const pages = ["README.md", "AGENTS.md", ...readdirSync(docs).map((name) => `docs/${name}`)];
const text = (page: string) => Bun.file(join(repository, page)).text();

test("docs/configuration.md lists every setting; `npm run docs` writes it", async () => {
  expect(await text("docs/configuration.md")).toBe(configurationPage());
  const listed = configurationPage();
  for (const { variable, hidden } of Object.values(settings) as readonly Listed[]) {
    expect(listed.includes(`\`${variable}\``)).toBe(hidden !== true);
  }
});

test("docs/api.md has the table of errors; `npm run docs` writes it", async () => {
  const page = await text("docs/api.md");
  expect(page).toBe(withErrorTable(page));
  expect(page).toContain("| `invalid_audio` | 400 |");
});

test("README has at most 130 lines", async () => {
  expect((await text("README.md")).split("\n").length).toBeLessThanOrEqual(131);
});

test("README names settings that exist", async () => {
  const readme = await text("README.md");
  const variables = new Set<string>(Object.values(settings).map(({ variable }) => variable));
  const named = [...readme.matchAll(/`((?:OPEN_ASR|HF)_\w+)`/gu)].map(([, name]) => name!);
  expect(named.filter((name) => !variables.has(name))).toEqual([]);
  expect(named.length).toBeGreaterThan(5);
});

describe.each(pages)("%s", (page) => {
  test("names no file that does not exist", async () => {
    const written = await text(page);
    const links = [...written.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/gu)].map(([, path]) =>
      join(dirname(page), path!),
    );
    const named = [...written.matchAll(/\b(?:samples|test|vendor|src|ffi)\/[\w./-]+\.\w+/gu)].map(
      ([path]) => path,
    );
    for (const path of [...links, ...named]) {
      expect({ path, exists: await Bun.file(join(repository, path)).exists() }).toEqual({
        path,
        exists: true,
      });
    }
  });
});

// --- internal ---

interface Listed {
  readonly variable: string;
  readonly hidden?: true;
}
