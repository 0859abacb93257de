/**
 * Chooses the loaded models to unload. These are models that have been idle for a long time, and idle models whose
 * memory is needed for another model.
 */

export interface ModelUse {
  /**
   * Number of jobs that run or wait for the runner process of the model, plus the number of unfinished calls of `load`.
   */
  readonly uses: number;
  /** Seconds since the last use. 0 while the model is in use. */
  readonly idleS: number;
  /**
   * Time in seconds for which the model should stay loaded when it is idle. The last job sets this time. Null when the
   * last job did not set a time.
   */
  readonly keepAliveS: number | null;
  /** Whether a process for the model exists. */
  readonly hasProcess: boolean;
  /** Memory of the model's processes in bytes. */
  readonly memoryBytes: number;
}

export interface Resident {
  readonly isPinned: boolean;
  readonly use: ModelUse;
}

export interface IdleLimits {
  /** Time in seconds after which an idle model is unloaded. 0 means never. */
  readonly idleS: number;
  readonly evictPreloaded: boolean;
}

/**
 * Returns the models that have been idle for too long. The server setting and the last job of a model limit the idle
 * time. Pinned models are included only if `evictPreloaded` is true.
 */
export function idleModels<T extends Resident>(models: readonly T[], limits: IdleLimits): T[] {
  return models.filter(({ isPinned, use }) => {
    const mayLeave = !isPinned || limits.evictPreloaded;
    return mayLeave && isIdle(use) && use.idleS >= idleSMax(use, limits);
  });
}

/**
 * Returns the maximum idle time of a model in seconds. This is the time that its last job requested, but at most the
 * time in the server setting. Infinity means that the model is never unloaded.
 */
export function idleSMax(
  { keepAliveS }: Pick<ModelUse, "keepAliveS">,
  { idleS }: Pick<IdleLimits, "idleS">,
): number {
  const serverS = idleS === 0 ? Number.POSITIVE_INFINITY : idleS;
  return Math.min(keepAliveS ?? serverS, serverS);
}

/**
 * Returns the models to unload so that `bytes` bytes of memory become free. Starts with the model that has been idle
 * for the longest time. Never chooses pinned models and models with jobs. Returns null when all possible models
 * together do not free enough memory.
 */
export function modelsToUnload<T extends Resident>(
  models: readonly T[],
  bytes: number,
): T[] | null {
  const candidates = models
    .filter(({ isPinned, use }) => !isPinned && isIdle(use))
    .toSorted((one, other) => other.use.idleS - one.use.idleS);
  const chosen: T[] = [];
  let freed = 0;
  for (const model of candidates) {
    if (freed >= bytes) break;
    chosen.push(model);
    freed += model.use.memoryBytes;
  }
  return freed >= bytes ? chosen : null;
}

// --- internal ---

function isIdle({ uses, hasProcess }: ModelUse): boolean {
  return uses === 0 && hasProcess;
}
