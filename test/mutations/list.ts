/** One wrong line each, and the suites that must notice it. */
import { cliMutations } from "./cli.ts";
import { httpMutations } from "./http.ts";
import { jobsMutations } from "./jobs.ts";
import { modelsMutations } from "./models.ts";
import { runnerMutations } from "./runner.ts";
import { supervisorMutations } from "./supervisor.ts";
import { whisperMutations } from "./whisper.ts";

export interface Mutation {
  readonly file: string;
  /** The rule that no longer holds. */
  readonly breaks: string;
  /** Text that stands in the file exactly once, and its replacement. */
  readonly from: string;
  readonly to: string;
  readonly suites: readonly string[];
}

export const mutations: readonly Mutation[] = [
  ...runnerMutations,
  ...whisperMutations,
  ...supervisorMutations,
  ...jobsMutations,
  ...cliMutations,
  ...httpMutations,
  ...modelsMutations,
];
