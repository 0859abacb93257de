/** One wrong line each, and the suites that must notice it. */

export interface Mutation {
  readonly file: string;
  /** What no longer holds. */
  readonly breaks: string;
  /** Text that stands in the file exactly once, and what takes its place. */
  readonly from: string;
  readonly to: string;
  readonly suites: readonly string[];
}

export const mutations: readonly Mutation[] = [
  {
    file: "src/runner/audio/speech-cutter.ts",
    breaks: "silence longer than 3 s is not kept inside a chunk",
    from: "const gapMaxS = 3;",
    to: "const gapMaxS = 30;",
    suites: ["test/runner/audio/speech-cutter.test.ts"],
  },
];
