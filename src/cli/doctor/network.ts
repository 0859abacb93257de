/** Asks the hub whether it is reachable and accepts the token. Runs only with --online. */
import type { Config } from "../../settings/config.ts";
import { hubOf } from "../../settings/hub.ts";
import { note, ok, type Probed } from "./probe.ts";
import type { Facts, Finding } from "./report.ts";

export async function probeNetwork(
  config: Config,
  signal: AbortSignal,
): Promise<Probed<Facts["network"]>> {
  const hub = hubOf(config);
  if (hub === null || hub.isOffline) {
    return { facts: null, findings: [note("network", "not checked: HF_HUB_OFFLINE is set")] };
  }
  const { token } = hub;
  const host = URL.parse(hub.endpoint)?.host ?? "";
  try {
    // Without a token, the hub answers with status 401. This answer also shows that the hub is reachable.
    const { status } = await fetch(`${hub.endpoint}/api/whoami-v2`, {
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      redirect: "manual",
      signal,
    });
    const valid = token === null ? null : validity(status);
    const facts = { hub: host, reachable: true, token_valid: valid };
    return { facts, findings: [ok("network", `${host} is reachable`), ...tokenFindings(valid)] };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const facts = { hub: host, reachable: false, token_valid: null };
    const remedy = "check the network, the proxy (HTTPS_PROXY) and the firewall";
    return { facts, findings: [note("network", `${host} is not reachable: ${reason}`, remedy)] };
  }
}

// --- internal ---

/**
 * Returns whether a response with this status means that the hub accepts the token. Null for a status that does not
 * depend on the token.
 */
function validity(status: number): boolean | null {
  if (status === 200) return true;
  return status === 401 || status === 403 ? false : null;
}

function tokenFindings(valid: boolean | null): Finding[] {
  if (valid === null) return [];
  if (valid) return [ok("network", "the hub accepts the token")];
  const remedy = "create a new token, and set OPEN_ASR_SERVER_HF_TOKEN or run `hf auth login`";
  return [note("network", "the hub rejects the token", remedy)];
}
