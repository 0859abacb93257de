/**
 * Refuses requests that call a server on a loopback address by a name that is not its own: a web page whose name was
 * made to lead here (DNS rebinding) could else talk to it from a browser on this machine.
 */
import { isIP } from "node:net";
import { hostname } from "node:os";
import { Elysia } from "elysia";
import { AsrError } from "../errors.ts";
import { isLoopback } from "../loopback.ts";

/** Guards every route of the server. */
export function checkHost(listensOn: string, allowedHosts: readonly string[]) {
  const guard = new Elysia({ name: "host" });
  if (!isLoopback(listensOn)) return guard;
  const names = new Set(
    ["localhost", hostname(), ...allowedHosts].map((name) => name.toLowerCase()),
  );
  return guard.onRequest(({ request }) => {
    const name = hostOf(request);
    if (name === "" || names.has(name) || name.endsWith(".localhost") || isLoopback(name)) return;
    throw new AsrError(
      "host_not_allowed",
      "Cannot take a request for this host name: this server listens on a loopback address; use localhost, " +
        "or have its operator add the name to OPEN_ASR_SERVER_ALLOWED_HOSTS",
    );
  });
}

// --- internal ---

/** The name in the Host header, without port and brackets; "" where there is none, as in HTTP/1.0. */
function hostOf(request: Request): string {
  const written = (request.headers.get("host") ?? "").trim().toLowerCase();
  const name = written.replace(/:\d*$/, "").replace(/^\[(.*)\]$/, "$1");
  return isIP(written) === 6 ? written : name.replace(/\.$/, "");
}
