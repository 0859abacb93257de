/** Lists the GPUs that the Linux kernel finds on the PCI bus. Includes GPUs without a driver. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Returns the vendor of each GPU. The kernel lists the PCI devices in `folder`. Returns an empty list when this folder
 * does not exist.
 */
export function pciGpuVendors(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((name) => vendorOf(join(folder, name)) ?? []);
  } catch {
    return [];
  }
}

// --- internal ---

/** Maps the PCI id of a vendor to its name. */
const vendors: ReadonlyMap<string, string> = new Map([
  ["0x10de", "NVIDIA"],
  ["0x1002", "AMD"],
  ["0x8086", "Intel"],
]);

/** Returns the vendor of a device. Null when the device is not a display controller (class 0x03) of a known vendor. */
function vendorOf(device: string): string | null {
  try {
    if (!readFileSync(join(device, "class"), "utf8").startsWith("0x03")) return null;
    return vendors.get(readFileSync(join(device, "vendor"), "utf8").trim()) ?? null;
  } catch {
    return null;
  }
}
