/** Checks the documentation: generated pages are up to date, tables match the code, and linked or named files exist. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TSchema } from "@sinclair/typebox";
import { readArgs } from "../src/cli/flags.ts";
import { errorKinds } from "../src/errors.ts";
import { transcriptionFields } from "../src/http/schema.ts";
import { settingGroups, settings } from "../src/settings/index.ts";
import { commandArgs, commandIn } from "./cli/commands.ts";
import { quickClients, slowClients } from "./clients/list.ts";
import { apiPage } from "./docs/api.ts";
import { configurationPage } from "./docs/configuration.ts";

const repository = join(import.meta.dir, "..");
const text = (path: string) => Bun.file(join(repository, path)).text();
const pages = [
  "README.md",
  "AGENTS.md",
  "CHANGELOG.md",
  "vendor/README.md",
  ...new Bun.Glob("docs/*.md").scanSync(repository),
];

test("docs/configuration.md is up to date with `npm run docs`", async () => {
  const isFresh = spaced(await text("docs/configuration.md")) === spaced(configurationPage());
  if (!isFresh) throw new Error("docs/configuration.md is stale: run `npm run docs`");
});

test("docs/api.md has the tables of other servers' fields and of errors that `npm run docs` writes", async () => {
  const page = await text("docs/api.md");
  if (spaced(page) !== spaced(apiPage(page))) {
    throw new Error("docs/api.md is stale: run `npm run docs`");
  }
});

test("docs/api.md has every field of a transcription", async () => {
  const rows = new Set(tableRows(await text("docs/api.md")).map(([first = ""]) => first));
  const missing = Object.entries<TSchema>(transcriptionFields.properties)
    .map(([name, schema]) => (schema["type"] === "array" ? `\`${name}[]\`` : `\`${name}\``))
    .filter((name) => !rows.has(name));
  expect(missing).toEqual([]);
});

test("docs/configuration.md has every setting", () => {
  const listed = settingGroups.flatMap(([, group]) => Object.keys(group));
  expect(listed.toSorted()).toEqual(Object.keys(settings).toSorted());
});

test("docs/api.md has every error with its status, type and whether to retry", async () => {
  const rows = tableRows(await text("docs/api.md")).filter(([code = ""]) => /^`\w+`$/u.test(code));
  const listed = rows
    .filter(([, status = ""]) => /^\d{3}$/u.test(status))
    .map(([code, status, type, retry, when]) => [code, status, type, retry, when !== ""]);
  const expected = Object.entries(errorKinds).map(([code, { status, type, retry }]) => [
    `\`${code}\``,
    String(status),
    type,
    retry ? "yes" : "no",
    true,
  ]);
  expect(listed).toEqual(expected);
});

test("docs/architecture.md lists every folder and file directly in src/", async () => {
  const rows = new Set(tableRows(await text("docs/architecture.md")).map(([first = ""]) => first));
  const inSource = [
    ...new Bun.Glob("*").scanSync({ cwd: join(repository, "src"), onlyFiles: false }),
  ]
    .filter((name) => !name.endsWith(".d.ts"))
    .map((name) => (name.endsWith(".ts") ? `\`${name}\`` : `\`${name}/\``));
  expect(inSource.filter((name) => !rows.has(name))).toEqual([]);
});

test("docs/clients.md has every client that the tests run, with its version, its error class and the command", async () => {
  const tried = tableRows(await text("docs/clients.md")).filter(([, , , , command]) =>
    command?.startsWith("`npm"),
  );
  const rows = tried.map(([name = "", version, , error = "", command]) => ({
    name: name.replace(/ \(.*\)$/u, ""),
    version,
    error: error.replaceAll("`", ""),
    command,
  }));
  const expected = [
    ...quickClients.map((client) => ({ client, command: "`npm test`" })),
    ...slowClients.map((client) => ({ client, command: "`npm run test:full`" })),
  ].map(({ client, command }) => ({
    name: client.name,
    version: client.version ?? expect.stringMatching(/^\d/u),
    error: client.errorClass ?? "not tried",
    command,
  }));
  expect(rows).toEqual(expected);
});

describe.each(pages)("the page %s", (page) => {
  test("has no broken link", async () => {
    const written = await text(page);
    const links = [...written.matchAll(/\]\(([^)\s]+)\)/gu)].map(([, link = ""]) => link);
    const broken = links
      .filter((link) => !/^[a-z]+:/u.test(link))
      .map((link) => link.split("#") as [string, string?])
      .filter(([path, anchor]) => {
        const target = path === "" ? page : join(dirname(page), path);
        return !existsSync(join(repository, target)) || (anchor && !hasHeading(target, anchor));
      });
    expect(broken).toEqual([]);
  });

  test("shows only commands that the executable accepts", async () => {
    const content = await text(page);
    const blocks = [...content.matchAll(/^```(?:sh|ini)\n(.*?)^```/gmsu)].map(
      ([, code = ""]) => code,
    );
    const lines = blocks.flatMap((code) => code.replaceAll(/\\\n/gu, " ").split("\n"));
    const spans = [...content.matchAll(/`(open-asr-server [^`]+)`/gu)].map(([, code = ""]) => code);
    for (const line of [...lines, ...spans]) {
      const [, written = ""] = /open-asr-server (\w[^#|;>]*)/u.exec(line) ?? [];
      const name = commandIn(written);
      if (name === null) continue;
      const args = written
        .trim()
        .slice(name.length)
        .split(/\s+/u)
        .filter((arg) => arg !== "" && !arg.startsWith("--help"));
      readArgs(args, commandArgs[name] ?? {}, name);
    }
  });

  test("names only files that exist", async () => {
    const named = (await text(page)).matchAll(
      /`((?:src|ffi|test|vendor|docs|samples)\/[\w./-]+\.\w+)`(?! \(planned\))/gu,
    );
    const missing = [...named]
      .map(([, path = ""]) => path)
      .filter((path) => !existsSync(join(repository, path)));
    expect(missing).toEqual([]);
  });
});

// --- internal ---

/** Removes the padding of table cells, because formatters add it and only the text of the cells is compared. */
function spaced(page: string): string {
  return page.replaceAll(/ +/gu, " ").replaceAll(/-{3,}/gu, "---").trim();
}

function tableRows(page: string): string[][] {
  return page
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
}

/**
 * Returns whether a page has a heading with this anchor. Computes the anchor of each heading with the rules of GitHub.
 */
function hasHeading(page: string, anchor: string): boolean {
  const written = readFileSync(join(repository, page), "utf8");
  const anchors = [...written.matchAll(/^#+ (.*)$/gmu)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/gu, "")
      .replaceAll(/\s/gu, "-"),
  );
  return anchors.includes(anchor);
}
