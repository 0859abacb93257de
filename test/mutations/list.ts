/**
 * Lists all mutations. A mutation changes one place in a source file. After this change, at least one of the `suites`
 * of the mutation must fail.
 */
import { adminMutations } from "./admin.ts";
import { calibrationMutations } from "./calibration.ts";
import { cliMutations } from "./cli.ts";
import { transcribeMutations } from "./transcribe.ts";
import { httpMutations } from "./http.ts";
import { jobsMutations } from "./jobs.ts";
import { modelsMutations } from "./models.ts";
import { pageMutations } from "./page.ts";
import { runnerMutations } from "./runner.ts";
import { schedulingMutations } from "./scheduling.ts";
import { supervisorMutations } from "./supervisor.ts";
import { transcriptMutations } from "./transcript.ts";
import { whisperMutations } from "./whisper.ts";

export interface Mutation {
  readonly file: string;
  /** Rule of the program that the mutation breaks. */
  readonly breaks: string;
  /** Text to replace with `to`. It must occur exactly once in the file. */
  readonly from: string;
  readonly to: string;
  readonly suites: readonly string[];
}

export const mutations: readonly Mutation[] = [
  ...runnerMutations,
  ...schedulingMutations,
  ...calibrationMutations,
  ...whisperMutations,
  ...supervisorMutations,
  ...jobsMutations,
  ...cliMutations,
  ...transcribeMutations,
  ...httpMutations,
  ...modelsMutations,
  ...adminMutations,
  ...transcriptMutations,
  ...pageMutations,
];
