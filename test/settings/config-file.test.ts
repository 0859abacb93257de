/**
 * Tests the configuration file: its priority, its paths, errors with key and line, and the permissions of files that
 * contain secrets.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { devNull, homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { findSettings, loadConfig, UsageError } from "../../src/settings/config.ts";
import { configFilePath } from "../../src/settings/config-file-path.ts";
import { exampleFile } from "../../src/settings/file-example.ts";
import { settings } from "../../src/settings/index.ts";
import { fileKey, type Setting } from "../../src/settings/setting.ts";
import { isWindows } from "../windows.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "open-asr-server-config-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileWith(content: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, "config.toml");
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

const loaded = (content: string, environment: Record<string, string> = {}) =>
  loadConfig({ config: fileWith(content) }, environment);

function problemsOf(content: string | Uint8Array, mode?: number): readonly string[] {
  try {
    loadConfig({ config: fileWith(content, mode) }, {});
  } catch (error) {
    if (error instanceof UsageError) {
      return error.lines.map((line) => line.replaceAll(join(folder, "config.toml"), "FILE"));
    }
    throw error;
  }
  return [];
}

test("a file sets values of every form", () => {
  const config = loaded(`
    port = 9_000
    vad-threshold = 0.25
    vad = false
    model = "base" # a comment
    api-key = ["one", "two"]
    alias = ["whisper-1=base"]
    default-language = "German"
  `);
  expect(config).toMatchObject({
    port: 9000,
    vadThreshold: 0.25,
    vad: false,
    defaultModel: "base",
    apiKeys: ["one", "two"],
    modelAliases: [{ name: "whisper-1", model: "base" }],
    defaultLanguage: "de",
  });
});

test("a flag has priority over the variable, the variable over the file, and the file over the default", () => {
  const config = fileWith("port = 1\nbeam = 2\nworkers = 3");
  const environment = { OPEN_ASR_SERVER_PORT: "11", OPEN_ASR_BEAM_SIZE: "4" };
  const found = findSettings({ config, port: "21" }, environment);
  expect(found.port).toEqual({ value: 21, source: "flag" });
  expect(found.beamSize).toEqual({ value: 4, source: "environment" });
  expect(found.lanes).toEqual({ value: 3, source: "file" });
  expect(found.threadsPerLane).toEqual({ value: 1, source: "default" });
});

test("every setting except the file itself has a key of its own", () => {
  const keys = Object.values<Setting<unknown>>(settings).map(fileKey);
  expect(keys.filter((key) => key === null)).toHaveLength(1);
  expect(new Set(keys).size).toBe(keys.length);
  for (const key of keys) expect(key ?? "").toMatch(/^[a-z-]*$/u);
});

test("relative paths are relative to the file, and ~/ is the home folder", () => {
  const config = loaded(`
    model-dir = "models"
    spool-dir = "~/spool"
    model = "./ggml-small.bin"
    preload = ["../base", "whisper-cpp:./x.bin", "tiny"]
    alias = ["mine=./mine"]
  `);
  expect(config).toMatchObject({
    modelDir: join(folder, "models"),
    spoolDir: join(homedir(), "spool"),
    defaultModel: join(folder, "ggml-small.bin"),
    preload: [join(folder, "../base"), `whisper-cpp:${join(folder, "x.bin")}`, "tiny"],
    modelAliases: [{ name: "mine", model: join(folder, "mine") }],
  });
});

test("an item of an array can contain a comma", () => {
  expect(loaded('preload = ["a,b"]').preload).toEqual(["a,b"]);
});

test.each([
  ["\nprot = 1", 'Unknown key "prot" (FILE, line 2): did you mean port?'],
  ["model_dir = 'x'", 'Unknown key "model_dir" (FILE, line 1): did you mean model-dir?'],
  ["OPEN_ASR_BEAM_SIZE = 1", "did you mean beam?"],
  ["config = 'x'", 'Unknown key "config" (FILE, line 1): '],
  ["zzzzzzzzzz = 1", "`open-asr-server config` lists the keys"],
  ["x = 1\n[server]\nport = 1", 'Unknown table "server" (FILE, line 2), expected only keys'],
  [
    "port = '1'",
    '"port" (FILE, line 1) is "1", expected a whole number from 0 to 65535, without quotes',
  ],
  ["port = 65536", '"port" (FILE, line 1) is 65536, expected a whole number from 0 to 65535'],
  ["port = 1.5", '"port" (FILE, line 1) is 1.5, expected a whole number'],
  ["port = nan", '"port" (FILE, line 1) is NaN, expected a whole number'],
  ["vad = 'on'", '"vad" (FILE, line 1) is "on", expected true or false, without quotes'],
  ["model = 3", '"model" (FILE, line 1) is 3, expected some text, in quotes'],
  ["model = ' '", '"model" (FILE, line 1) is " ", expected some text'],
  ["model = 2026-01-01", '"model" (FILE, line 1) is a date, expected some text, in quotes'],
  ["[host]", '"host" (FILE, line 1) is a table, expected an IP address'],
  [
    "preload = 'a'",
    '"preload" (FILE, line 1) is "a", expected an array of texts such as ["one", "two"]',
  ],
  ["preload = []", '"preload" (FILE, line 1) is an array, expected an array of texts'],
  ["preload = ['a', '']", '"preload" (FILE, line 1) is an array, expected an array of texts'],
  [
    "allowed-hosts = ['a.example', 'b/c']",
    'expected an array of texts such as ["one", "two"] of host names without port, at least one; "b/c" is not valid',
  ],
  ["api-key = ['good', 's3cret with a blank']", "at least one; item 2 is not valid"],
  ["preload = [1]", '"preload" (FILE, line 1) is an array, expected an array of texts'],
  ['prompt = """\nport = 1\n"""\nport = \'x\'', '"port" (FILE) is "x"'],
  ["port = 1\nport = 2", 'file "FILE": line 2, column 1: trying to redefine'],
  ["port = 1\nport", 'file "FILE": line 2, column 1: '],
  ["port = 10000000000000000", 'file "FILE": line 1, column 8: integer value'],
])("the file %j is rejected, and the error says where and what is expected", (content, words) => {
  expect(problemsOf(content).join("\n")).toContain(words);
});

test("every problem of a file has a line, next to those of flags and variables", () => {
  const config = fileWith("prot = 1\nport = 'x'");
  const environment = { OPEN_ASR_BEAM_SIZE: "99", OPEN_ASR_SERVER_PROT: "1" };
  try {
    loadConfig({ config, workers: "x" }, environment);
    throw new Error("the settings are accepted");
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    expect(error.lines).toHaveLength(5);
  }
});

test("no error quotes a secret", () => {
  const key = "se cret";
  for (const content of [
    `api-key = "${key}"`,
    `api-key = ["${key}"]`,
    `hf-token = "${key}`,
    `hf-token = "${key}" "x"`,
  ]) {
    const problems = problemsOf(content);
    expect(problems).toHaveLength(1);
    expect(problems[0]).not.toContain("cret");
  }
});

test.skipIf(isWindows)("a file with a secret must be readable only by its owner", () => {
  for (const key of ["api-key = ['k']", "admin-key = ['k']", "hf-token = 'k'"]) {
    for (const mode of [0o640, 0o604, 0o660, 0o610]) {
      expect(problemsOf(key, mode)).toEqual([expect.stringContaining('run chmod 600 "FILE"')]);
    }
    expect(problemsOf(key, 0o400)).toEqual([]);
  }
  expect(problemsOf("port = 1", 0o644)).toEqual([]);
});

test.skipIf(isWindows)("a file with a secret may be a credential of systemd with any mode", () => {
  const config = fileWith("api-key = ['k']", 0o440);
  const load = (credentials: string) => () =>
    loadConfig({ config }, { CREDENTIALS_DIRECTORY: credentials });
  expect(load(folder)).not.toThrow();
  expect(load(join(folder, ".."))).toThrow("run chmod 600");
});

test("a file that cannot be read is an error, also a file that is too large", () => {
  const reasonOf = (config: string) => {
    try {
      return String(loadConfig({ config }, {}).port);
    } catch (error) {
      return (error as UsageError).message.split(": ").at(-1);
    }
  };
  expect(reasonOf(join(folder, "absent.toml"))).toBe("there is no such file");
  expect(reasonOf(folder)).toBe("it is not a regular file");
  expect(reasonOf(fileWith(`#${"x".repeat(64 * 1024)}`))).toBe("it has more than 65536 bytes");
  expect(reasonOf(fileWith(`#${"x".repeat(64 * 1024 - 1)}`))).toBe("8000");
  expect(reasonOf(fileWith(Uint8Array.of(0x23, 0xff)))).toBe("it is not UTF-8 text");
  expect(reasonOf(devNull)).toBe("8000");
});

test.skipIf(isWindows)("a named pipe is rejected without waiting for a writer", () => {
  const pipe = join(folder, "pipe");
  expect(Bun.spawnSync(["mkfifo", pipe]).exitCode).toBe(0);
  expect(() => loadConfig({ config: pipe }, {})).toThrow("it is not a regular file");
});

test("the user's file is in the folder that each system uses for configuration", () => {
  const place = join("open-asr-server", "config.toml");
  const xdg = join(folder, "xdg");
  const home = join(folder, "home");
  for (const parent of [xdg, join(home, ".config")]) {
    mkdirSync(join(parent, "open-asr-server"), { recursive: true });
    writeFileSync(join(parent, place), "port = 77");
  }
  const environment = { XDG_CONFIG_HOME: xdg, HOME: home };
  expect(configFilePath(environment, "linux")).toBe(join(xdg, place));
  expect(configFilePath({ HOME: home }, "linux")).toBe(join(home, ".config", place));
  expect(configFilePath({ HOME: home }, "darwin")).toBe(join(home, ".config", place));
  expect(configFilePath({ APPDATA: xdg }, "win32")).toBe(join(xdg, place));
  const relative = { XDG_CONFIG_HOME: "xdg", HOME: home };
  expect(configFilePath(relative, "linux")).toBe(join(home, ".config", place));
  expect(configFilePath({}, "linux")).toBeNull();
  expect(configFilePath({ HOME: folder }, "linux")).toBeNull();
});

test.skipIf(isWindows)("--config and OPEN_ASR_SERVER_CONFIG replace the user's file", () => {
  const xdg = join(folder, "user");
  mkdirSync(join(xdg, "open-asr-server"), { recursive: true });
  writeFileSync(join(xdg, "open-asr-server", "config.toml"), "port = 77");
  const environment = { XDG_CONFIG_HOME: xdg };
  expect(loadConfig({}, environment).port).toBe(77);
  const other = { ...environment, OPEN_ASR_SERVER_CONFIG: fileWith("beam = 1") };
  expect(loadConfig({}, other)).toMatchObject({ port: 8000, beamSize: 1 });
  expect(loadConfig({ config: devNull }, other)).toMatchObject({ port: 8000, beamSize: 5 });
});

test("the example has every key as a comment, and its fixed defaults are those of the program", () => {
  const example = exampleFile();
  const lines = example.split("\n").flatMap((line) => /^#([a-z-]+) = (.+)$/u.exec(line) ?? []);
  const keys = lines.filter((_, index) => index % 3 === 1);
  const shown = Object.values<Setting<unknown>>(settings).filter(({ hidden }) => hidden !== true);
  expect(keys).toEqual(shown.flatMap((entry) => fileKey(entry) ?? []));
  expect(problemsOf(example)).toEqual([]);
  const set = example.replaceAll(/^#(?=[a-z-]+ = )/gmu, "");
  const invalid = problemsOf(set).map((line) => /^"([a-z-]+)"/u.exec(line)?.[1]);
  // For these two settings, the example contains a placeholder that is not a valid value.
  expect(invalid).toEqual(["cors-origins", "default-language"]);
});
