/** Builds whisper.cpp's parakeet-cli, and measures it. The program has no server, and transcribes files in turn. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCmake } from "../../../vendor/cmake.ts";
import { fetchPinned } from "../../../vendor/fetch.ts";
import { readPins } from "../../../vendor/packages.mjs";
import { buildStep } from "../../../vendor/stamp.ts";
import type { Clip } from "../clips.ts";
import { benchFolder } from "../folders.ts";

export interface ParakeetTools {
  readonly cli: string;
  readonly quantize: string;
}

export async function buildParakeetTools(): Promise<ParakeetTools> {
  const source = await fetchPinned("whisper.cpp");
  const pin = (await readPins())["whisper.cpp"];
  const folder = join(benchFolder, "whisper.cpp-parakeet");
  const tools = {
    cli: join(folder, "bin", "parakeet-cli"),
    quantize: join(folder, "bin", "parakeet-quantize"),
  };
  await buildStep(
    {
      title: "compiling whisper.cpp's parakeet-cli",
      name: "bench-parakeet-cli",
      settings: [pin?.packages, flags],
      outputs: Object.values(tools),
    },
    async () => {
      const failure = "Cannot compile whisper.cpp's parakeet-cli";
      const targets = ["parakeet-cli", "parakeet-quantize"];
      await runCmake({ project: source, folder, configure: flags, targets, failure });
    },
  );
  return tools;
}

/**
 * Returns the seconds that parakeet-cli needs for `clips`, without the time in which it loads the model: the time for a
 * run with all clips twice, minus the time for a run with all clips once.
 */
export async function parakeetSeconds(
  { cli }: ParakeetTools,
  model: string,
  threads: number,
  clips: readonly Clip[],
): Promise<number> {
  const folder = join(benchFolder, "parakeet-clips");
  mkdirSync(folder, { recursive: true });
  const paths: string[] = [];
  for (const [i, clip] of clips.entries()) {
    const path = join(folder, `${i}.wav`);
    writeFileSync(path, new Uint8Array(await clip.wav.arrayBuffer()));
    paths.push(path);
  }
  const once = await timeOf([cli, "-ng", "-np", "-t", String(threads), "-m", model, ...paths]);
  const twice = [...paths, ...paths];
  return (await timeOf([cli, "-ng", "-np", "-t", String(threads), "-m", model, ...twice])) - once;
}

// --- internal ---

/** These flags are the same as in ffi/CMakeLists.txt. */
const flags = ["-DBUILD_SHARED_LIBS=OFF", "-DGGML_OPENMP=OFF", "-DGGML_LLAMAFILE=ON"];

async function timeOf(command: string[]): Promise<number> {
  const start = performance.now();
  const child = Bun.spawn(command, { stdout: "ignore", stderr: "ignore" });
  if ((await child.exited) !== 0) throw new Error(`${command[0]} failed with ${child.exitCode}`);
  return (performance.now() - start) / 1000;
}
