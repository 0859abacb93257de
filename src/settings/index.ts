/** Every setting, in the order of the help. */
import { accessSettings } from "./access.ts";
import { hubSettings } from "./hub.ts";
import { limitSettings } from "./limits.ts";
import { modelSettings } from "./models.ts";
import { operationSettings } from "./operation.ts";
import { runnerSettings } from "./runners.ts";
import { vadSettings } from "./vad.ts";

export const settings = {
  ...accessSettings,
  ...modelSettings,
  ...hubSettings,
  ...vadSettings,
  ...limitSettings,
  ...runnerSettings,
  ...operationSettings,
} as const;
