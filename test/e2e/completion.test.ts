/**
 * Tests the completion scripts in the shells themselves: a test types a line with Tab into an interactive shell, and
 * reads the arguments with which the shell runs the command.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandArgs } from "../cli/commands.ts";
import { isFull } from "../full.ts";
import { isWindows } from "../windows.ts";
import { openCommandLine } from "./command.ts";
import { executable } from "./executable.ts";
import { until } from "./server.ts";

setDefaultTimeout(60_000);

const shells = {
  bash: { command: ["--norc", "--noprofile", "-i"], setup: "PS1='READY> '" },
  zsh: {
    command: ["-f", "-i"],
    setup: "autoload -Uz compinit; compinit -u -D; setopt no_beep; PROMPT='READY> '",
  },
} as const;

let command: ReturnType<typeof openCommandLine>;
let bin: string;
beforeAll(() => {
  command = openCommandLine();
  bin = join(command.folder, "bin");
  mkdirSync(bin);
  // Lines that are typed into the shell, with the Tab key (\t), and the arguments that the shell must pass to the
  // program.
  const script = `#!/bin/sh
case "$1 $2 $3" in "models list --names") exec "${executable}" "$@" ;; esac
printf 'RAN'; printf '<%s>' "$@"; echo ' END'
`;
  writeFileSync(join(bin, "open-asr-server"), script, { mode: 0o755 });
  mkdirSync(join(command.folder, "work", "recordings here"), { recursive: true });
  for (const name of ["talk one.mp3", "settings.toml"]) {
    writeFileSync(join(command.folder, "work", name), "");
  }
});
afterAll(() => command[Symbol.dispose]());

const environment = () => ({
  ...command.environment,
  PATH: `${bin}:/usr/bin:/bin:/usr/local/bin`,
  HOME: command.folder,
  TERM: "xterm-256color",
  LANG: "C.UTF-8",
});

async function scriptOf(shell: string): Promise<string> {
  const { stdout, code } = await command.run(["completion", shell]);
  expect(code).toBe(0);
  const path = join(command.folder, `completion.${shell}`);
  writeFileSync(path, stdout);
  return path;
}

/** Types lines into an interactive shell. Returns the arguments with which the shell ran the command of each line. */
async function typed(shell: keyof typeof shells, lines: readonly string[]): Promise<string[]> {
  const { command: flags, setup } = shells[shell];
  const script = await scriptOf(shell);
  let text = "";
  const decoder = new TextDecoder();
  const child = Bun.spawn([shell, ...flags], {
    cwd: join(command.folder, "work"),
    env: environment(),
    terminal: {
      cols: 200,
      rows: 50,
      data: (_, bytes) => void (text += decoder.decode(bytes, { stream: true })),
    },
  });
  const count = (pattern: RegExp) => [...text.matchAll(pattern)].length;
  try {
    child.terminal?.write(`${setup}; source '${script}'\n`);
    await until(`${shell} is ready`, () => count(/READY> /gu) > 1);
    for (const [index, line] of lines.entries()) {
      child.terminal?.write(`${line}\n`);
      await until(`${shell} has run ${line}: ${text}`, () => count(/ END/gu) > index);
    }
    return [...text.matchAll(/RAN(.*?) END/gu)].map(([, args = ""]) => args);
  } finally {
    child.kill("SIGKILL");
    await child.exited;
    child.terminal?.close();
  }
}

/** Lines with the Tab key (\t), and the arguments that the shell must pass to the program. */
const lines: readonly (readonly [line: string, args: string])[] = [
  ["tra\t", "<transcribe>"],
  ["models pu\t", "<models><pull>"],
  ["serve --log-le\t", "<serve><--log-level>"],
  ["serve --log-level de\t", "<serve><--log-level><debug>"],
  ["serve --log-level=de\t", "<serve><--log-level=debug>"],
  ["transcribe -f verb\t", "<transcribe><-f><verbose_json>"],
  ["transcribe ta\t", "<transcribe><talk one.mp3>"],
  ["serve --config set\t", "<serve><--config><settings.toml>"],
  ["serve --config=set\t", "<serve><--config=settings.toml>"],
  ["serve --model-dir rec\t", "<serve><--model-dir><recordings here/>"],
  ["models show large-v3-turbo-q5\t", "<models><show><large-v3-turbo-q5_0>"],
  ["serve -m large-v3-turbo-q5\t", "<serve><-m><large-v3-turbo-q5_0>"],
  ["serve -m set\t", "<serve><-m><settings.toml>"],
  ["models path ba\t", "<models><path><base>"],
  ["models list --al\t", "<models><list><--all>"],
  ["completion fi\t", "<completion><fish>"],
  ["help tra\t", "<help><transcribe>"],
];

for (const shell of ["bash", "zsh"] as const) {
  testShell(shell, "completes commands, flags and values", async () => {
    const results = await typed(
      shell,
      lines.map(([line]) => `open-asr-server ${line}`),
    );
    // zsh removes the slash after the name of a folder at the end of an argument.
    const withoutSlash = (args: string) => args.replaceAll("/>", ">");
    expect(results.map(withoutSlash)).toEqual(lines.map(([, args]) => withoutSlash(args)));
  });
}

testShell("fish", "completes commands, flags and values", async () => {
  const asked = lines.map(([line]) => `open-asr-server ${line.replace("\t", "")}`);
  const suggested = await inFish(asked);
  const expected = lines.map(([, args]) => args.split("<").at(-1)?.replace(">", ""));
  for (const [index, words] of suggested.entries()) {
    // For `--flag=value`, fish suggests the flag and the value as one word.
    expect(words).toEqual([expected[index] ?? ""]);
  }
});

testShell("fish", "suggests every flag of every command, and every command", async () => {
  const names = Object.keys(commandArgs);
  const suggested = await inFish(names.map((name) => `open-asr-server ${name} --`));
  for (const [index, name] of names.entries()) {
    const flags = Object.entries(commandArgs[name] ?? {})
      .filter(([, { type }]) => type !== "positional")
      .map(([flag]) => `--${flag}`);
    expect(suggested[index]?.toSorted()).toEqual([...flags, "--help", "--help-all"].toSorted());
  }
  const [words] = await inFish(["open-asr-server "]);
  for (const name of names) expect(words).toContain(name.split(" ")[0] ?? "");
});

test("models list --names prints the names that --json has", async () => {
  for (const more of [[], ["--all"]]) {
    const { stdout } = await command.run(["models", "list", "--names", ...more]);
    const json = await command.run(["models", "list", "--json", ...more]);
    const names = (JSON.parse(json.stdout) as { name: string }[]).map(({ name }) => name);
    expect(stdout.trimEnd().split("\n")).toEqual(names);
  }
});

test.each([
  [[], "completion needs a shell, expected bash or zsh or fish"],
  [["powershell"], 'completion found "powershell", expected bash or zsh or fish'],
  [["bash", "zsh"], 'completion found "bash zsh", expected'],
])("completion %j is a usage error", async (args, words) => {
  const { stdout, stderr, code } = await command.run(["completion", ...args]);
  expect(stderr).toContain(words);
  expect({ stdout, code }).toEqual({ stdout: "", code: 2 });
});

// --- internal ---

/** Runs a test in a shell. Shells other than bash run only in the full run, because few machines have them. */
function testShell(shell: string, name: string, run: () => Promise<void>): void {
  const isMissing = isWindows || Bun.which(shell) === null;
  if (isMissing) console.error(`${shell}: skipped, this machine has no ${shell}`);
  test.skipIf(isMissing || (shell !== "bash" && !isFull))(`${shell} ${name}`, run);
}

/** Returns for each line the words that fish suggests at its end. */
async function inFish(asked: readonly string[]): Promise<string[][]> {
  const script = await scriptOf("fish");
  const commands = asked.map((line) => `complete -C ${JSON.stringify(line)}; echo END`);
  const { stdout } = Bun.spawnSync(
    ["fish", "--no-config", "-c", `source ${script}; ${commands.join("; ")}`],
    { cwd: join(command.folder, "work"), env: environment() },
  );
  return stdout
    .toString()
    .split("END\n")
    .slice(0, -1)
    .map((part) => part.split("\n").filter((line) => line !== ""))
    .map((part) => part.map((line) => line.split("\t")[0] ?? ""));
}
