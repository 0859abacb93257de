/** Finds the host to which a client on this machine connects. */

/**
 * Returns the host for clients on this machine, in the form of URLs. Replaces a wildcard address, because systems other
 * than Linux reject connections to it. `host` is the host that the server listens on, an IPv6 address in brackets.
 */
export function localHost(host: string): string {
  const hostname = URL.parse(`http://${host}`)?.hostname ?? host;
  return wildcards[hostname] ?? hostname;
}

// --- internal ---

/** Maps each address that means "all network interfaces" to the loopback address of the same address family. */
const wildcards: Readonly<Record<string, string>> = {
  "0.0.0.0": "127.0.0.1",
  "[::]": "[::1]",
  "[::ffff:0:0]": "127.0.0.1",
};
