/** `open-asr-server version [--check]`: prints the version, and on request whether there is a newer one. */
import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import { version as currentVersion } from "../../../package.json";
import { newestReleaseAddress } from "../../platform/releases.ts";
import { UsageError } from "../../settings/config.ts";
import { address } from "../../settings/value.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { readArgs, readFlag } from "../flags.ts";
import { print } from "../print.ts";
import { newestVersion } from "./newest-version.ts";
import { standardError } from "../../platform/standard-error.ts";

const url = address("URL");

const args: ArgsDef = {
  check: {
    type: "boolean",
    description: "Ask the release site whether there is a newer version. Nothing else ever asks",
  },
  from: {
    type: "string",
    valueHint: url.hint,
    description: "With --check: address of the files of the newest release",
  },
};

export const version: CommandDef = defineCommand({
  meta: { name: "version", description: "Print the version" },
  args,
  async run({ rawArgs }) {
    const { flags } = readArgs(rawArgs, args, "version");
    const { check, from } = flags;
    if (check === undefined) {
      if (from !== undefined) throw new UsageError("--from needs --check");
      await print(`${currentVersion}\n`);
      return exitCodes.done;
    }
    return checkNewest(addressOf(from));
  },
});

// --- internal ---

/** Time for the whole answer, in milliseconds. */
const timeoutMs = 15_000;

function addressOf(from: string | undefined): string {
  if (from !== undefined) return readFlag("from", from, url);
  const newest = newestReleaseAddress();
  if (newest === null)
    throw new UsageError(
      "This build does not know where releases are published: give the address with --from URL",
    );
  return newest;
}

async function checkNewest(site: string): Promise<ExitCode> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const system = process.platform === "win32" ? "windows" : process.platform;
    const newest = await newestVersion(site, `${system}-${process.arch}`, signal);
    const isNewer = Bun.semver.order(newest, currentVersion) > 0;
    await print(
      isNewer
        ? `${currentVersion}: version ${newest} is available at ${site}\n`
        : `${currentVersion}: there is no newer version\n`,
    );
    return exitCodes.done;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const problem = signal.aborted ? `no answer within ${timeoutMs / 1000} s` : reason;
    standardError.write(`open-asr-server: Cannot ask ${site} for the newest version: ${problem}\n`);
    return exitCodes.failed;
  }
}
