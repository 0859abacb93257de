/** Names the CPU and the operating system of this machine, for people who compare machines. */
import { readFileSync } from "node:fs";
import { arch, cpus, release, type } from "node:os";

/** Returns the name of the CPU. On some ARM systems, the system does not tell it. */
export function cpuName(): string {
  const [first] = cpus() as readonly { readonly model?: string }[];
  const name = first?.model?.replaceAll(/\s+/gu, " ").trim() ?? "";
  return name === "" || name === "unknown" ? `unknown ${arch()} CPU` : name;
}

/** Returns the name and version of the operating system and its kernel. */
export function systemName(): string {
  const kernel = `${type()} ${release()} ${arch()}`;
  const name = distributionName();
  return name === null ? kernel : `${name}, ${kernel}`;
}

/** Returns the name of the Linux distribution. Null on other systems. */
export function distributionName(): string | null {
  try {
    const facts = readFileSync("/etc/os-release", "utf8");
    return /^PRETTY_NAME="?(.*?)"?$/mu.exec(facts)?.[1] ?? null;
  } catch {
    return null;
  }
}
