/** The addresses at which other machines reach this machine. */
import { networkInterfaces } from "node:os";

/** The first IPv4 address of each network interface except loopback, at most three. */
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
