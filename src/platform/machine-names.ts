/**
 * Returns the names of the CPU and of the operating system. People need these names to compare measurements of
 * different machines.
 */
import { readFileSync } from "node:fs";
import { arch, cpus, release, type } from "node:os";

/**
 * Returns the name of the CPU. If the system does not provide the name, as on some ARM systems, returns for example
 * "unknown arm64 CPU".
 */
export function cpuName(): string {
  const [first] = cpus() as readonly { readonly model?: string }[];
  const name = first?.model?.replaceAll(/\s+/gu, " ").trim() ?? "";
  return name === "" || name === "unknown" ? `unknown ${arch()} CPU` : name;
}

/** Returns the name of the operating system, and the name, version and architecture of its kernel. */
export function systemName(): string {
  const kernel = `${type()} ${release()} ${arch()}`;
  const name = distributionName();
  return name === null ? kernel : `${name}, ${kernel}`;
}

/**
 * Returns the name and version of the Linux distribution. Null when /etc/os-release does not contain them. The file
 * does not exist on macOS and Windows.
 */
export function distributionName(): string | null {
  try {
    const facts = readFileSync("/etc/os-release", "utf8");
    return /^PRETTY_NAME="?(.*?)"?$/mu.exec(facts)?.[1] ?? null;
  } catch {
    return null;
  }
}
