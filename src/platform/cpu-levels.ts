/**
 * Lists the CPU levels for which the engine libraries are built, and the CPU features that each level needs. The
 * highest level comes first.
 *
 * The build derives the compiler flags from the same list (vendor/targets.ts).
 */

/** Names of CPU features, as in /proc/cpuinfo on Linux. */
const avx2 = ["avx", "avx2", "fma", "f16c", "bmi2"] as const;
const avx512 = [
  ...avx2,
  "avx512f",
  "avx512bw",
  "avx512cd",
  "avx512dq",
  "avx512vl",
  "avx512vbmi",
  "avx512_vnni",
  "avx512_bf16",
] as const;

export const cpuLevels = {
  /** Level of a development build, which runs only on the CPU of the build machine. */
  native: [],
  avx512,
  avx2,
  dotprod: ["asimddp", "asimdhp"],
  /** Level that runs on every CPU of the platform. */
  baseline: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type CpuLevel = keyof typeof cpuLevels;

/** Returns the levels that a CPU with these features can run, the highest level first. */
export function runnableLevels(cpuFeatures: ReadonlySet<string>): readonly string[] {
  return Object.entries<readonly string[]>(cpuLevels)
    .filter(([, needs]) => needs.every((feature) => cpuFeatures.has(feature)))
    .map(([level]) => level);
}
