/** Checks README.md: it is short, its links work, and its settings and samples match the code. */
import { expect, test } from "bun:test";
import { settings } from "../src/settings/index.ts";
import { defaultText, type Setting } from "../src/settings/setting.ts";

const file = (path: string) => Bun.file(new URL(`../${path}`, import.meta.url));
const readme = await file("README.md").text();

test("README has at most 130 lines", () => {
  expect(readme.trimEnd().split("\n").length).toBeLessThanOrEqual(130);
});

test("README has its sections in the order that a newcomer needs", () => {
  const headings = [...readme.matchAll(/^## (.*)$/gmu)].map(([, heading]) => heading);
  expect(headings).toEqual([
    "Install",
    "Quick start",
    "What is supported",
    "Models",
    "Common settings",
    "Performance",
    "Privacy and security",
    "Platforms",
    "More",
  ]);
});

test("README links every page of docs/", () => {
  const pages = [...new Bun.Glob("*.md").scanSync(new URL("../docs", import.meta.url).pathname)];
  expect(pages.length).toBeGreaterThan(5);
  expect(pages.filter((page) => !readme.includes(`(docs/${page})`))).toEqual([]);
});

test("README lists the common settings with the flags and defaults of src/settings", () => {
  const entries: readonly Setting<unknown>[] = Object.values(settings);
  const rows = [...readme.matchAll(/^\| `--([\w-]+)`\s*\| (.*?)\s*\|/gmu)];
  expect(rows.length).toBeGreaterThan(5);
  for (const [, flag, fallback = ""] of rows) {
    const entry = entries.find((one) => one.flag === flag);
    expect(entry === undefined ? `no flag --${flag}` : defaultText(entry)).toStartWith(fallback);
  }
});

test("README shows the text of the sample as the response of the quick start", async () => {
  const [, text = ""] = /# \{"text":"([^"]*)"/u.exec(readme) ?? [];
  const reference = await file("samples/jfk_0_5.txt").text();
  const plain = (words: string) => words.replaceAll(/[^\w\s]/gu, "").trim();
  expect(plain(text)).toBe(plain(reference));
});
