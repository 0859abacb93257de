/** Lists the mutations of src/transcript/, and of the commands that print transcripts. */
import type { Mutation } from "./list.ts";

const cues: readonly string[] = ["test/transcript/cues.test.ts"];

export const transcriptMutations: readonly Mutation[] = [
  {
    file: "src/transcript/cues.ts",
    breaks: "a cue lasts at most as long as the limit",
    from: "seconds > secondsMax",
    to: "seconds > 2 * secondsMax",
    suites: cues,
  },
  {
    file: "src/transcript/cues.ts",
    breaks: "a cue has at most as many lines as the limit",
    from: "lines > linesMax",
    to: "lines > linesMax + 1",
    suites: cues,
  },
  {
    file: "src/transcript/cues.ts",
    breaks: "a cue ends before a long pause",
    from: "pauseBefore(end - 1) > pauseMaxS",
    to: "pauseBefore(end - 1) > 10 * pauseMaxS",
    suites: cues,
  },
  {
    file: "src/transcript/cues.ts",
    breaks: "cues end with sentences",
    from: "(endsAtPause ? 0 : breakCost(last))",
    to: "0",
    suites: cues,
  },
  {
    file: "src/transcript/cue-lines.ts",
    breaks: "lines break after punctuation",
    from: "return clauseEnd.test(text) ? 15 : 40;",
    to: "return 40;",
    suites: cues,
  },
  {
    file: "src/transcript/cue-lines.ts",
    breaks: "lines are of similar width",
    from: "const unevennessCost = 100;",
    to: "const unevennessCost = 0;",
    suites: cues,
  },
  {
    file: "src/transcript/cue-units.ts",
    breaks: "a line never starts with a closing mark",
    from: "!neverFirst.test(segment)",
    to: "true",
    suites: cues,
  },
  {
    file: "src/transcript/word-spans.ts",
    breaks: "a word that the segment lacks does not shift the others",
    from: "if (at < 0 && word.startS >= endS) break;",
    to: "if (at < 0) break;",
    suites: cues,
  },
  {
    file: "src/cli/status-line.ts",
    breaks: "progress leaves room for ^C",
    from: "const reservedColumns = 3;",
    to: "const reservedColumns = 0;",
    suites: ["test/cli/progress-line.test.ts"],
  },
  {
    file: "src/transcript/usage.ts",
    breaks: "the usage counts the tokens of the prompt",
    from: "input_tokens: promptTokens + audioFrames",
    to: "input_tokens: audioFrames",
    suites: ["test/transcript/usage.test.ts"],
  },
  {
    file: "src/supervisor/delivery.ts",
    breaks: "the prompt counts once, and the frames of all chunks are added up",
    from: "audioFrames: input.audioFrames + (this.#input?.audioFrames ?? 0)",
    to: "audioFrames: input.audioFrames",
    suites: ["test/supervisor/delivery.test.ts"],
  },
  {
    file: "src/transcript/text-deltas.ts",
    breaks: "the text has no space at its end",
    from: "const visible = text.trimEnd();",
    to: "const visible = text;",
    suites: ["test/cli/transcribe/live-text.test.ts"],
  },
  {
    file: "src/supervisor/crash-report.ts",
    breaks: "the program's own line is preferred to Bun's",
    from: 'if (ownLine !== "") return',
    to: 'if (ownLine === "never") return',
    suites: ["test/supervisor/crash-report.test.ts"],
  },
];
