/** The shape of the code: which file may import what, and how large a file may be. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const repository = join(import.meta.dir, "..");
const scanned = (pattern: string) => [
  ...new Bun.Glob(pattern).scanSync({ cwd: repository, onlyFiles: true }),
];
const sources = scanned("src/**/*.ts").toSorted();
// In test/audio, .ts is a container of audio.
const tests = scanned("{test,vendor}/**/*.{ts,mjs}").filter(
  (file) => !file.startsWith("test/audio/"),
);
const ours = [...sources, ...tests, "build.ts"];

/** Where each of these may be imported; a file that only takes a type from it imports nothing. */
const places: Readonly<Record<string, readonly RegExp[]>> = {
  elysia: [/^src\/http\//, /^src\/server\.ts$/],
  "@elysiajs/bearer": [/^src\/http\/auth\.ts$/],
  "@fastify/busboy": [/^src\/http\/multipart\.ts$/],
  "@sinclair/typebox": [/^src\/http\//, /^src\/runner\/protocol\.ts$/],
  "@sinclair/typebox/value": [/^src\/http\//, /^src\/runner\/(?:child|runner)\.ts$/],
  citty: [/^src\/cli\//, /^src\/main\.ts$/],
  "@elysiajs/cors": [/^src\/http\/browsers\.ts$/],
  "prom-client": [/^src\/prom-client-parts\.d\.ts$/],
  "prom-client/lib/counter.js": [/^src\/metrics\.ts$/],
  "prom-client/lib/gauge.js": [/^src\/metrics\.ts$/],
  "prom-client/lib/histogram.js": [/^src\/metrics\.ts$/],
  "prom-client/lib/registry.js": [/^src\/metrics\.ts$/],
  "ipaddr.js": [/^src\/http\/client-address\.ts$/],
  "fastest-levenshtein": [/^src\/environment\.ts$/],
  "bun:ffi": [/^src\/runner\/(?:shim|audio-library)\.ts$/],
};

/** What runs in the runner's process alone: the main process must never open a native library. */
const runnerSide: readonly string[] = [
  "child",
  "shim",
  "audio",
  "audio-library",
  "speech-track",
  "features",
  "lanes",
  "transcription",
  "transcribe-chunk",
  "audio.worker",
  "lane.worker",
].map((name) => `src/runner/${name}.ts`);

test("packages are imported only where the design has them", () => {
  const found = sources.flatMap((file) =>
    packagesOf(file)
      .filter((name) => !isBuiltIn(name))
      .filter((name) => !places[name]?.some((place) => place.test(file)))
      .map((name) => `${file} imports ${name}`),
  );
  expect(found).toEqual([]);
});

test("every rule about a package still has something to hold", () => {
  const imported = new Set(sources.flatMap(packagesOf));
  expect(Object.keys(places).filter((name) => !imported.has(name))).toEqual([]);
});

test("the environment is read by config.ts alone", () => {
  const readers = sources.filter((file) => /\b(?:process|Bun)\.env\b/.test(text(file)));
  expect(readers).toEqual(["src/settings/config.ts"]);
});

test("the routes know nothing of runners, and runners nothing of routes", () => {
  const reached = (from: RegExp) => [
    ...new Set(sources.filter((file) => from.test(file)).flatMap((file) => [...reach(file)])),
  ];
  const fromRoutes = reached(/^src\/(?:http\/|server\.ts)/);
  expect(fromRoutes.filter((file) => file.startsWith("src/runner/"))).toEqual([]);
  expect(fromRoutes.filter((file) => file.startsWith("src/cli/"))).toEqual([]);
  // Not even their types.
  const routes = sources.filter((file) => file.startsWith("src/http/"));
  expect(routes.filter((file) => text(file).includes('"../runner/'))).toEqual([]);
  const fromRunners = reached(/^src\/runner\//);
  expect(fromRunners.filter((file) => /^src\/(?:http|cli)\/|server\.ts/.test(file))).toEqual([]);
});

test("native code is reached through the runner's process only", () => {
  for (const file of runnerSide) expect(sources).toContain(file);
  const entries = new Set(["src/main.ts", "src/runner/child.ts"]);
  const doors = sources.filter(
    (file) =>
      !runnerSide.includes(file) &&
      !entries.has(file) &&
      importsOf(file).some((imported) => runnerSide.includes(imported)),
  );
  expect(doors).toEqual([]);
  // main.ts loads it when it is started as a runner, not before.
  const atImport = new Bun.Transpiler({ loader: "ts" })
    .scanImports(text("src/main.ts"))
    .filter(({ kind }) => kind === "import-statement");
  expect(atImport).toEqual([]);
});

test("the leaves import nothing but leaves", () => {
  for (const leaf of ["errors", "transcript", "model-ref", "log", "home-folder"]) {
    expect(importsOf(`src/${leaf}.ts`)).toEqual([]);
  }
});

test("no file imports itself over others", () => {
  expect(sources.filter((file) => reach(file).has(file))).toEqual([]);
});

test("every file is reached from an entry", () => {
  const entries = ["src/main.ts", "src/runner/audio/audio.worker.ts", "src/runner/engine/lane.worker.ts"];
  const reached = new Set(entries.flatMap((entry) => [entry, ...reach(entry)]));
  const unreached = sources.filter((file) => !reached.has(file) && !isTypesOnly(file));
  expect(unreached).toEqual([]);
});

test("relative imports name a file that is there, with its extension", () => {
  const wrong = ours.flatMap((file) =>
    relativeImports(file)
      .filter((path) => !/\.(?:ts|mjs|json)$/.test(path))
      .map((path) => `${file} imports ${path}`),
  );
  expect(wrong).toEqual([]);
});

test("files are small, named after what they hold, and say it in their first line", () => {
  const code = ours.filter((file) => !file.endsWith(".d.ts"));
  expect(code.filter((file) => text(file).split("\n").length > 400)).toEqual([]);
  expect(code.filter((file) => /\b(?:utils?|helpers?|common|misc)\b/.test(file))).toEqual([]);
  const headless = sources.filter((file) => !/^(?:\/\*\*|\/\/)/.test(text(file)));
  expect(headless).toEqual([]);
  const lengths = sources.map((file) => text(file).split("\n").length).toSorted((a, b) => a - b);
  expect(lengths[lengths.length >> 1]).toBeLessThan(100);
});

// --- internal ---

function text(file: string): string {
  return readFileSync(join(repository, file), "utf8");
}

/** What a file imports when it runs; types leave no import behind. */
function scan(file: string): string[] {
  return new Bun.Transpiler({ loader: "ts" }).scanImports(text(file)).map(({ path }) => path);
}

function packagesOf(file: string): string[] {
  return scan(file).filter((path) => !path.startsWith("."));
}

function relativeImports(file: string): string[] {
  return scan(file).filter((path) => path.startsWith("."));
}

/** Files of `src` that a file imports; a worker's file is imported by none, it is started. */
function importsOf(file: string): string[] {
  return relativeImports(file)
    .map((path) => normalize(join(dirname(file), path)))
    .filter((path) => path.startsWith("src/"));
}

/** All that a file imports, and what that imports. */
function reach(file: string): Set<string> {
  const reached = new Set<string>();
  const waiting = importsOf(file);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    waiting.push(...importsOf(next));
  }
  return reached;
}

function isBuiltIn(name: string): boolean {
  return name.startsWith("node:") || name === "bun" || name === "bun:sqlite";
}

function isTypesOnly(file: string): boolean {
  return file.endsWith(".d.ts") || !/\bexport (?:const|function|class|async)\b/.test(text(file));
}
