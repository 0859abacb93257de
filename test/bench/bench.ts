/**
 * `npm run bench [-- CONTEST] [options]`: compares this program with an alternative program in one run. Writes the
 * table to standard output and the progress to standard error.
 */
import { stopServersAtExit } from "./server-process.ts";

/** Maps the name of each comparison to the function that runs it. The first one is the default. */
const contests: Readonly<Record<string, () => Promise<unknown>>> = {
  "whisper-server": () => import("./whisper-server.ts"),
  "faster-whisper": () => import("./faster-whisper/faster-whisper.ts"),
  audio: () => import("./audio/audio.ts"),
  mlx: () => import("./mlx/mlx.ts"),
  parakeet: () => import("./parakeet/parakeet.ts"),
  kyutai: () => import("./kyutai/kyutai.ts"),
  roofline: () => import("./roofline/roofline.ts"),
};

stopServersAtExit();
const named = process.argv[2]?.startsWith("-") === false ? process.argv.splice(2, 1)[0] : undefined;
const run = contests[named ?? "whisper-server"];
if (run === undefined) {
  const known = Object.keys(contests).join(", ");
  process.stderr.write(`There is no contest "${named}", expected one of ${known}\n`);
  process.exit(2);
}
await run();
