/**
 * Resolves the address on which the server listens. The host name is resolved only once, so that the check for loopback
 * and the listener use the same address.
 */
import { lookup } from "node:dns/promises";
import { AsrError } from "../errors.ts";

/**
 * Returns the address of the host. If the host has several addresses, prefers an IPv4 address, because clients often
 * connect to 127.0.0.1. Throws AsrError when the host has no address.
 */
export async function listenAddress(host: string, port: number): Promise<string> {
  const found = await lookup(host, { all: true }).catch(() => []);
  const address = found.find(({ family }) => family === 4) ?? found[0];
  if (address !== undefined) return address.address;
  throw new AsrError(
    "internal_error",
    `Cannot listen on ${host} port ${port}: the name does not resolve to an address; choose another with --host`,
  );
}
