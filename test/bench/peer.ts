/**
 * Builds and starts the peer, which is the server of whisper.cpp. The peer is built from the vendored source and uses
 * the same weights as our starter model.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { runCmake } from "../../vendor/cmake.ts";
import { fetchPinned } from "../../vendor/fetch.ts";
import { buildModel } from "../../vendor/models/build.ts";
import { readPins } from "../../vendor/packages.mjs";
import { buildStep } from "../../vendor/stamp.ts";
import { benchFolder } from "./folders.ts";
import { ServerProcess } from "./server-process.ts";
import { postForm, type Side } from "./side.ts";

/** A variant of the peer: a build and its flags. `name` describes the variant. */
export interface PeerVariant {
  readonly name: string;
  readonly program: string;
  readonly flags: readonly string[];
  /**
   * Whether the variant splits a file into parts and processes the parts at the same time. Such a variant needs more
   * time for a short file than other variants.
   */
  readonly splits: boolean;
}

/** Returns all variants. Each measurement uses the fastest one. */
export async function peerVariants(): Promise<PeerVariant[]> {
  const variants: PeerVariant[] = [];
  for (const [build, options] of Object.entries(builds)) {
    const program = await buildServer(build, options);
    for (const flags of threadings()) {
      variants.push({
        name: `${build} flags, ${flags.join(" ")}`,
        program,
        flags,
        splits: flags.includes("-p"),
      });
    }
  }
  return variants;
}

/**
 * Returns the peer, which decodes with `beam` beams. For all other decoding options, the peer uses its own defaults. At
 * temperatures above 0, the peer does less work with its default (`-bo 2`) than our program.
 */
export function peer(variant: PeerVariant, { beam }: { readonly beam: number }): Side {
  return {
    name: variant.name,
    async start() {
      const weights = await buildModel("base", "q8_0");
      const server = await ServerProcess.start({
        name: "whisper-server",
        command: (port) => {
          const place = ["--host", "127.0.0.1", "--port", String(port)];
          return [variant.program, ...place, "-m", weights, "-bs", String(beam), ...variant.flags];
        },
      });
      const url = `${server.url}/inference`;
      return {
        process: server,
        // Turns off the times of tokens. The peer would need time to compute them, and the benchmark does not use them.
        transcribe: (clip, signal) =>
          postForm(url, clip, { language: clip.language, token_timestamps: "false" }, signal),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  };
}

// --- internal ---

const builds: Readonly<Record<string, readonly string[]>> = {
  default: [],
  // These flags are the same as in ffi/CMakeLists.txt.
  our: ["-DBUILD_SHARED_LIBS=OFF", "-DGGML_OPENMP=OFF", "-DGGML_LLAMAFILE=ON"],
};

/**
 * Returns the flags for each number of threads to compare: one thread, the default of the peer, and one thread per
 * core. If the machine has several cores, also returns flags that split the file into one part per core. Each part then
 * has one thread.
 */
function threadings(): string[][] {
  const cores = availableParallelism();
  const threads = new Set([1, Math.min(4, cores), cores]);
  const plain = [...threads].map((n) => ["-t", String(n)]);
  return cores > 1 ? [...plain, ["-t", "1", "-p", String(cores)]] : plain;
}

async function buildServer(build: string, options: readonly string[]): Promise<string> {
  const source = await fetchPinned("whisper.cpp");
  const pin = (await readPins())["whisper.cpp"];
  const folder = join(benchFolder, `whisper.cpp-${build}`);
  const windows = process.platform === "win32";
  const program = join(folder, "bin", windows ? "Release/whisper-server.exe" : "whisper-server");
  await buildStep(
    {
      title: `compiling whisper.cpp's own server (${build} flags), about a minute`,
      name: `bench-whisper-server-${build}`,
      settings: [pin?.packages, options],
      outputs: [program],
    },
    async () => {
      const failure = "Cannot compile whisper.cpp's own server";
      const targets = ["whisper-server"];
      await runCmake({ project: source, folder, configure: options, targets, failure });
    },
  );
  return program;
}
