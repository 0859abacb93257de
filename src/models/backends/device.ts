/** Determines the devices that a backend can use on this machine, and chooses between CPU and GPU. */
import type { Backend } from "./backend.ts";

export const deviceChoices = ["auto", "cpu", "gpu"] as const;
export type DeviceChoice = (typeof deviceChoices)[number];

interface Machine {
  readonly platform: string;
  readonly arch: string;
}

/**
 * Returns the devices that the backend can use on this machine. Metal is used only on Apple silicon. No build supports
 * CUDA yet.
 */
export function devicesOf({ devices }: Pick<Backend, "devices">, machine: Machine = process) {
  const hasMetal = machine.platform === "darwin" && machine.arch === "arm64";
  return devices.filter((device) => device === "cpu" || (device === "metal" && hasMetal));
}

export function usesGpu(
  backend: Pick<Backend, "devices">,
  choice: DeviceChoice,
  machine: Machine = process,
): boolean {
  return choice !== "cpu" && devicesOf(backend, machine).some((device) => device !== "cpu");
}
