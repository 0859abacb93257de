/**
 * Refuses requests whose Host header is no host, and those that call a server on a loopback address by a name that is
 * not its own: a web page whose name was made to lead here (DNS rebinding) could else talk to it from a browser on this
 * machine.
 */
import { isIP } from "node:net";
import { hostname } from "node:os";
import { Elysia } from "elysia";
import { AsrError } from "../../errors.ts";
import { isLoopback } from "../../platform/loopback.ts";
import { hostName } from "./host-name.ts";

/** Guards every route of the server. */
export function checkHost(onLoopback: boolean, allowedHosts: readonly string[]) {
  const names = new Set(
    ["localhost", hostname(), ...allowedHosts].map((name) => name.toLowerCase()),
  );
  return new Elysia({ name: "host" }).onRequest(({ request }) => {
    const written = (request.headers.get("host") ?? "").trim().toLowerCase();
    if (!isHost(written)) {
      throw new AsrError(
        "invalid_request",
        "Cannot read the Host header: expected a name or an address, and a port where there is one",
      );
    }
    const name = hostName(written);
    const isOwn = names.has(name) || name.endsWith(".localhost") || isLoopback(name);
    if (!onLoopback || name === "" || isOwn) return;
    throw new AsrError(
      "host_not_allowed",
      "Cannot take a request for this host name: this server listens on a loopback address; use localhost, " +
        "or have its operator add the name to OPEN_ASR_SERVER_ALLOWED_HOSTS",
    );
  });
}

// --- internal ---

/** An empty one is that of HTTP/1.0, which needs none. */
function isHost(written: string): boolean {
  if (written === "" || isIP(written) === 6) return true;
  return !/[\s/?#@\\]/.test(written) && URL.canParse(`http://${written}`);
}
