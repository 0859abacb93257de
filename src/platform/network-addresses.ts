/** The addresses of this machine that other machines reach. */
import { networkInterfaces } from "node:os";

/** IPv4 addresses that are not loopback, the first of each network interface, at most three. */
export function networkAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) =>
      (addresses ?? [])
        .filter(({ family, internal }) => family === "IPv4" && !internal)
        .slice(0, 1),
    )
    .map(({ address }) => address)
    .slice(0, addressesMax);
}

// --- internal ---

const addressesMax = 3;
