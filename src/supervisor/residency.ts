/** Which loaded models leave memory: those that are idle for long, and idle ones when another model needs their memory. */

export interface ModelUse {
  /** Jobs that run or wait for the model's process, and loads ahead of a job. */
  readonly uses: number;
  /** Seconds since the last use; 0 while the model is in use. */
  readonly idleS: number;
  /** The wish of the last job; null when it had none. */
  readonly keepAliveS: number | null;
  /** Whether a process holds the model. */
  readonly hasProcess: boolean;
  /** Memory of that process. */
  readonly memoryBytes: number;
}

export interface Resident {
  readonly isPinned: boolean;
  readonly use: ModelUse;
}

export interface IdleLimits {
  /** 0: idle models stay. */
  readonly idleS: number;
  readonly evictPreloaded: boolean;
}

/** The models that have been idle for longer than the server, or their last job, wants. */
export function idleModels<T extends Resident>(models: readonly T[], limits: IdleLimits): T[] {
  return models.filter(({ isPinned, use }) => {
    const mayLeave = !isPinned || limits.evictPreloaded;
    return mayLeave && isIdle(use) && use.idleS >= idleSMax(use, limits);
  });
}

/** Seconds after its last use at which a model leaves: the wish of its last job, at most the server's own limit. */
export function idleSMax(
  { keepAliveS }: Pick<ModelUse, "keepAliveS">,
  { idleS }: Pick<IdleLimits, "idleS">,
): number {
  const serverS = idleS === 0 ? Number.POSITIVE_INFINITY : idleS;
  return Math.min(keepAliveS ?? serverS, serverS);
}

/**
 * The models to unload so that `bytes` become free: the longest idle first, none that is pinned or has jobs. Null when
 * these do not free enough.
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
