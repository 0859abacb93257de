/** Lists the GPUs that the kernel of Linux finds on the PCI bus, also those without a driver. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Returns the vendors of the GPUs. `folder` is the folder in which the kernel lists the PCI devices. Empty when there is
 * no such folder.
 */
export function pciGpuVendors(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((name) => vendorOf(join(folder, name)) ?? []);
  } catch {
    return [];
  }
}

// --- internal ---

/** Vendors of GPUs by their PCI id. */
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
