/** Names the CPU, the GPUs and the operating system of this machine, for people who compare machines. */
import { readdirSync, readFileSync } from "node:fs";
import { arch, cpus, release, type } from "node:os";

/** Returns the name of the CPU. On some ARM systems, the system does not tell it. */
export function cpuName(): string {
  const name = cpus()[0]?.model.replaceAll(/\s+/gu, " ").trim() ?? "";
  return name === "" || name === "unknown" ? `unknown ${arch()} CPU` : name;
}

/**
 * Returns the names of the GPUs: on Apple silicon, the chip, which contains the GPU; on Linux, those with a driver of
 * NVIDIA. Other GPUs are not found, because no engine can use them.
 */
export function gpuNames(): readonly string[] {
  if (process.platform === "darwin" && process.arch === "arm64") return [cpuName()];
  const folder = "/proc/driver/nvidia/gpus";
  try {
    return readdirSync(folder).map((gpu) => {
      const facts = readFileSync(`${folder}/${gpu}/information`, "utf8");
      return /^Model:\s*(.+)$/mu.exec(facts)?.[1]?.trim() ?? "NVIDIA GPU";
    });
  } catch {
    return [];
  }
}

/** Returns the name and version of the operating system and its kernel. */
export function systemName(): string {
  const kernel = `${type()} ${release()} ${arch()}`;
  const name = distribution();
  return name === null ? kernel : `${name}, ${kernel}`;
}

// --- internal ---

/** Returns the name of the Linux distribution. Null on other systems. */
function distribution(): string | null {
  try {
    const facts = readFileSync("/etc/os-release", "utf8");
    return /^PRETTY_NAME="?(.*?)"?$/mu.exec(facts)?.[1] ?? null;
  } catch {
    return null;
  }
}
