/** Checks the settings, the proxies, the limit on open files, and the port of the server. */
import { createServer } from "node:net";
import { errorCode } from "../../platform/error-code.ts";
import { isLoopback } from "../../platform/loopback.ts";
import { openFilesMax } from "../../platform/open-files.ts";
import type { Config, ExaminedConfig } from "../../settings/config.ts";
import { changedSettings, proxyVariables } from "../../settings/diagnosis.ts";
import { hubSettings } from "../../settings/hub.ts";
import { requestsWithin, startWarnings } from "../start-checks.ts";
import { note, ok, problem, type Probed } from "./probe.ts";
import type { Facts, Finding } from "./report.ts";

/**
 * Checks the settings. `problems` are the errors in the settings. Each error becomes a finding. A command such as
 * `serve` would not start with these errors.
 */
export function probeSettings({
  config,
  found,
  problems,
}: ExaminedConfig): Probed<Facts["settings"]> {
  const set = changedSettings(found);
  const filesMax = openFilesMax();
  const requestsMax = requestsWithin(filesMax, config.requestsMax);
  const facts = { set, requests_max: requestsMax, open_files_max: filesMax };
  const onLoopback = isLoopback(config.host);
  const findings = [
    ...problems.map((line) => problem("settings", line, "correct the setting, or unset it")),
    ...startWarnings(config, { onLoopback, requestsMax }).map((line) => note("settings", line)),
    ...hubFindings(config),
    ...proxyFindings(),
  ];
  if (findings.length === 0) {
    findings.push(
      ok(
        "settings",
        set.length === 0
          ? "all have their defaults"
          : set.map(({ variable }) => variable).join(", "),
      ),
    );
  }
  const shown = filesMax === null ? "no limit on open files" : `${filesMax} open files`;
  findings.push(ok("limits", `${shown}, up to ${requestsMax} requests at once`));
  return { facts, findings };
}

/** Checks whether the server could listen on its port now. To do so, listens on the port for a moment. */
export async function probePort({ host, port }: Config): Promise<Probed<null>> {
  const code = await listenFailure(host, port);
  return { facts: null, findings: [portFinding(`${host} port ${port}`, code)] };
}

// --- internal ---

function hubFindings(config: Config): Finding[] {
  const findings: Finding[] = [];
  if (config.hubOffline) {
    findings.push(
      note(
        "settings",
        "HF_HUB_OFFLINE is set: no model is downloaded",
        "unset it to download models",
      ),
    );
  }
  if (config.hubEndpoint !== hubSettings.hubEndpoint.fallback) {
    const host = URL.parse(config.hubEndpoint)?.host ?? "an unknown host";
    findings.push(note("settings", `HF_ENDPOINT is set: models are downloaded from ${host}`));
  }
  return findings;
}

function proxyFindings(): Finding[] {
  return proxyVariables().map(({ name, host }) =>
    host === null
      ? note(
          "proxy",
          `${name} is not the address of an HTTP proxy`,
          `set ${name} to an address such as http://proxy.example:3128`,
        )
      : note("proxy", `${name} is set: requests to the hub go through ${host}`),
  );
}

function portFinding(place: string, code: string | null): Finding {
  if (code === null) return ok("port", `${place} is free`);
  const other = "choose another port with --port";
  if (code === "EADDRINUSE") {
    return note("port", `${place} is in use, perhaps by this server`, `if it is not, ${other}`);
  }
  if (code === "EACCES") return note("port", `this user may not listen on ${place}`, other);
  return note("port", `${place} cannot be used (${code})`, "choose another address with --host");
}

/** Tries to listen on the port. Returns the error code, or null when the attempt succeeds. */
function listenFailure(host: string, port: number): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const server = createServer();
  server.once("error", (error) => resolve(errorCode(error) || error.message));
  server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  return promise;
}
