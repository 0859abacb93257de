/** Finds addresses of this machine that other machines can reach. */
import { networkInterfaces } from "node:os";

/** Returns the first IPv4 address of each network interface except loopback. Returns at most three addresses. */
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
