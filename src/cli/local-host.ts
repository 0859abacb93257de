/** Determines the host name with which a client on this machine connects to the server. */

/**
 * Returns the host for the URLs that clients on this machine use. `host` is the host that the server listens on. An
 * IPv6 address is in brackets. Replaces a wildcard address such as 0.0.0.0 by a loopback address, because systems other
 * than Linux reject connections to a wildcard address.
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
