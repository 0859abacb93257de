/**
 * The CPU levels that an engine's library is built for, best first, and what a CPU must have to run each one.
 * The build derives the compiler's switches from the same list (vendor/targets.ts).
 */

/** In the names that Linux gives the features. */
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
  /** A developer's build, made on the machine that runs it. */
  native: [],
  avx512,
  avx2,
  dotprod: ["asimddp", "asimdhp"],
  /** Every CPU of the platform. */
  baseline: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type CpuLevel = keyof typeof cpuLevels;

/** The levels that a CPU with these features can run, best first. */
export function runnableLevels(cpuFeatures: ReadonlySet<string>): readonly string[] {
  return Object.entries<readonly string[]>(cpuLevels)
    .filter(([, needs]) => needs.every((feature) => cpuFeatures.has(feature)))
    .map(([level]) => level);
}
