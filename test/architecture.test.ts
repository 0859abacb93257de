/** Checks the rules for the source files: which file may import which other file, and the maximum size of a file. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const repository = join(import.meta.dir, "..");
const scanned = (pattern: string) => [
  ...new Bun.Glob(pattern).scanSync({ cwd: repository, onlyFiles: true }),
];
const sources = scanned("src/**/*.ts").toSorted();
// Files in test/audio are left out, because the .ts files there are MPEG transport streams.
const tests = scanned("{test,vendor}/**/*.{ts,mjs}").filter(
  (file) => !file.startsWith("test/audio/"),
);
const ours = [...sources, ...tests, "build.ts"];

/**
 * Maps each package to patterns. Only files whose paths match one of the patterns may import the package. The rule also
 * applies to imports of types.
 */
const places: Readonly<Record<string, readonly RegExp[]>> = {
  elysia: [/^src\/http\//],
  "@elysiajs/bearer": [/^src\/http\/guards\/api-key\.ts$/],
  "@elysiajs/cors": [/^src\/http\/guards\/cors\.ts$/],
  "@fastify/busboy": [/^src\/http\/body\/form-parser\.ts$/],
  "@sinclair/typebox": [
    /^src\/http\//,
    /^src\/ipc\//,
    /^src\/models\/hub\//,
    /^src\/cli\/doctor\/report\.ts$/,
    /^src\/supervisor\/calibration-file\.ts$/,
  ],
  "@sinclair/typebox/value": [
    /^src\/http\//,
    /^src\/supervisor\//,
    /^src\/models\/hub\//,
    /^src\/runner\/child\.ts$/,
  ],
  citty: [/^src\/cli\//, /^src\/main\.ts$/],
  "smol-toml": [/^src\/settings\/config-file\.ts$/],
  "modern-tar": [/^src\/models\/import\/entries\.ts$/],
  "prom-client": [/^src\/prom-client-parts\.d\.ts$/],
  "prom-client/lib/counter.js": [/^src\/metrics\.ts$/],
  "prom-client/lib/gauge.js": [/^src\/metrics\.ts$/],
  "prom-client/lib/histogram.js": [/^src\/metrics\.ts$/],
  "prom-client/lib/registry.js": [/^src\/metrics\.ts$/],
  "ipaddr.js": [
    /^src\/http\/guards\/client-address\.ts$/,
    /^src\/platform\/(?:ip-address|loopback)\.ts$/,
  ],
  "fastest-levenshtein": [/^src\/models\/nearest-names\.ts$/],
  "bun:ffi": [
    /^src\/runner\/(?:native-library|audio\/audio-library|engine\/(?:asr-library|freed-memory|native-memory))\.ts$/,
  ],
};

/**
 * The folders and files of `src`, in rows. A folder or file may import only from itself and from the rows below its
 * row.
 */
const rows: readonly (readonly string[])[] = [
  ["main"],
  ["cli"],
  ["http", "metrics", "page"],
  ["supervisor"],
  ["spool"],
  ["settings"],
  ["models"],
  ["jobs"],
  ["runner"],
  ["ipc"],
  ["transcript"],
  ["log"],
  ["platform"],
  ["errors"],
];

test("packages are imported only in their allowed places", () => {
  const found = sources.flatMap((file) =>
    packagesOf(file)
      .filter((name) => !isBuiltIn(name))
      .filter((name) => !places[name]?.some((place) => place.test(file)))
      .map((name) => `${file} imports ${name}`),
  );
  expect(found).toEqual([]);
});

test("every package with a rule is imported somewhere", () => {
  const imported = new Set(sources.flatMap(packagesOf));
  expect(Object.keys(places).filter((name) => !imported.has(name))).toEqual([]);
});

test("only settings/ reads environment variables", () => {
  const readers = sources.filter((file) => /\b(?:process|Bun)\.env\b/.test(text(file)));
  expect(readers.filter((file) => !file.startsWith("src/settings/"))).toEqual([]);
  expect(readers).not.toEqual([]);
});

test("every folder of src has a row, and every row has a folder", () => {
  const known = rows.flat();
  const found = new Set(sources.filter((file) => !file.endsWith(".d.ts")).map(partOf));
  expect([...found].toSorted()).toEqual(known.toSorted());
});

test("files import only from their own row or lower rows, also types", () => {
  const rowOf = (file: string) => rows.findIndex((row) => row.includes(partOf(file)));
  const upward = sources.flatMap((file) =>
    writtenImports(file)
      .filter((imported) => partOf(imported) !== partOf(file))
      .filter((imported) => {
        const isSameRow = rowOf(imported) === rowOf(file);
        return rowOf(imported) < rowOf(file) || (isSameRow && !isRoutesToMetrics(file));
      })
      .map((imported) => `${file} imports ${imported}`),
  );
  expect(upward).toEqual([]);
});

test("the runner imports none of the server's folders above ipc/", () => {
  const doors = sources.flatMap((file) =>
    writtenImports(file)
      .filter((imported) => partOf(imported) === "runner" && partOf(file) !== "runner")
      .map((imported) => `${file} imports ${imported}`),
  );
  expect(doors).toEqual(["src/main.ts imports src/runner/child.ts"]);
  const serverSide = new Set(["cli", "http", "metrics", "supervisor", "spool", "settings"]);
  const fromRunner = sources
    .filter((file) => partOf(file) === "runner")
    .flatMap((file) => writtenImports(file).map((imported) => [file, imported] as const))
    .filter(([, imported]) => [...serverSide, "models", "jobs"].includes(partOf(imported)));
  expect(fromRunner).toEqual([]);
});

test("within src/runner, only child.ts imports the kinds of models, and no kind imports another", () => {
  const kinds = /^src\/runner\/(?:whisper|transducer|streaming)\//;
  const found = sources
    .filter((file) => file.startsWith("src/runner/") && !kinds.test(file))
    .filter((file) => writtenImports(file).some((imported) => kinds.test(imported)));
  expect(found).toEqual(["src/runner/child.ts"]);
  const acrossKinds = sources.flatMap((file) => {
    const own = kinds.exec(file)?.[0];
    const others = writtenImports(file).filter((imported) => kinds.test(imported));
    return own === undefined ? [] : others.filter((imported) => !imported.startsWith(own));
  });
  expect(acrossKinds).toEqual([]);
});

test("the page imports only files that a browser can run", () => {
  const pageFiles = sources.filter((file) => partOf(file) === "page");
  const imported = new Set(pageFiles.flatMap((file) => [file, ...reach(file)]));
  const outside = [...imported].filter((file) => partOf(file) !== "page");
  expect(outside.filter((file) => partOf(file) !== "transcript")).toEqual([]);
  expect([...imported].flatMap(packagesOf)).toEqual([]);
  expect([...imported].filter((file) => /\b(?:Bun|process)\.\w/.test(text(file)))).toEqual([]);
});

test("main.ts has no static imports", () => {
  const atImport = new Bun.Transpiler({ loader: "ts" })
    .scanImports(text("src/main.ts"))
    .filter(({ kind }) => kind === "import-statement");
  expect(atImport).toEqual([]);
});

test("no file imports itself through other files", () => {
  expect(sources.filter((file) => reach(file).has(file))).toEqual([]);
});

test("every file is reachable from an entry point", () => {
  const entries = [
    "src/main.ts",
    "src/runner/audio/audio.worker.ts",
    "src/runner/engine/lane.worker.ts",
    "src/page/docs.ts",
    "src/page/page.ts",
  ];
  const reached = new Set(entries.flatMap((entry) => [entry, ...reach(entry)]));
  const unreached = sources.filter((file) => !reached.has(file) && !isTypesOnly(file));
  expect(unreached).toEqual([]);
});

test("relative imports have a file extension", () => {
  const wrong = ours.flatMap((file) =>
    relativeImports(file)
      .filter((path) => !/\.(?:ts|mjs|json)$/.test(path))
      .map((path) => `${file} imports ${path}`),
  );
  expect(wrong).toEqual([]);
});

test("files have at most 400 lines, a specific name, and a comment in the first line", () => {
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

/** Returns the paths that a file imports at run time. Imports of types are not included. */
function scan(file: string): string[] {
  return new Bun.Transpiler({ loader: "ts" }).scanImports(text(file)).map(({ path }) => path);
}

function packagesOf(file: string): string[] {
  return scan(file).filter((path) => !path.startsWith("."));
}

function relativeImports(file: string): string[] {
  return scan(file).filter((path) => path.startsWith("."));
}

/**
 * Returns the files of `src` that a file imports at run time. Workers are not included, because they are started, not
 * imported.
 */
function importsOf(file: string): string[] {
  return relativeImports(file)
    .map((path) => normalize(join(dirname(file), path)))
    .filter((path) => path.startsWith("src/"));
}

/** Returns the files of `src` that a file imports, including imports of types. */
function writtenImports(file: string): string[] {
  const found = text(file).matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
  return [...found]
    .map((match) => normalize(join(dirname(file), match[1] ?? "")))
    .filter((path) => path.startsWith("src/"));
}

/** Returns the name of the folder in `src` that contains the file, or the name of a file directly in `src`. */
function partOf(file: string): string {
  return (file.split("/")[1] ?? "").replace(/\.ts$/, "");
}

/**
 * Returns whether the file may import metrics.ts. Only files in http/ may, for the route /metrics and the request log.
 * This is an exception from the rule for rows, because http/ and metrics.ts are in the same row.
 */
function isRoutesToMetrics(file: string): boolean {
  return partOf(file) === "http";
}

/** Returns all files that a file imports, directly or indirectly. */
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
