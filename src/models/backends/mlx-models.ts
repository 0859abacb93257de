/** Finds the repositories on the hub that contain a Whisper model for MLX. */

/**
 * Returns the repositories to search, in order. For a name with an organization, this is the repository with this name.
 * The distilled models of lightning-whisper-mlx are folders of one repository (see `distilledMlxFolder`).
 */
export function mlxRepositories(name: string): readonly string[] {
  if (/^\w[\w.-]*\/\w[\w.-]*$/u.test(name)) return [name];
  const size = mlxSize(name);
  if (size === null) return [];
  if (distilledMlxFolder(name) !== null) return ["mustafaaljadery/distil-whisper-mlx"];
  const [published, other] = withoutSuffix.has(size) ? ["", "-mlx"] : ["-mlx", ""];
  return [published, other].map((suffix) => `mlx-community/whisper-${size}${suffix}`);
}

/** Returns the folder of a distilled model in its repository. Null for a model that has a repository of its own. */
export function distilledMlxFolder(name: string): string | null {
  const size = name.includes("/") ? null : mlxSize(name);
  return size?.startsWith("distil-") === true ? `mlx_models/${size}` : null;
}

/**
 * Returns the size in a model name: `small` for `whisper-small`, `lightning-whisper-small` and
 * `mlx-community/whisper-small-mlx-8bit`. Null for any other name.
 */
export function mlxSize(name: string): string | null {
  return sizePattern.exec(name)?.[1] ?? null;
}

// --- internal ---

/** Sizes whose repositories have names without the suffix `-mlx`. */
const withoutSuffix: ReadonlySet<string> = new Set(["tiny", "large-v3-turbo"]);

const sizePattern =
  /^(?:mlx-community\/|lightning-)?(?:whisper-)((?:distil-)?(?:tiny|base|small|medium|large)(?:\.en)?(?:-v\d)?(?:-turbo)?)(?:-.*)?$/u;
