/** Lists the models that a name can mean, in the order in which the server prefers them. */
import type { Backend } from "./backends/backend.ts";
import { preferredBackend } from "./backends/backend-names.ts";
import { parseRepositoryRef } from "./hub/hub.ts";
import { accepts } from "./model-finder.ts";
import { readingsOf } from "./model-names.ts";
import type { ModelRef } from "./model-ref.ts";

interface Options {
  readonly backends: readonly Backend[];
  /** The backend that the operator prefers. */
  readonly defaultBackend: string | null;
}

/**
 * Returns the references that a name can mean. The references that the operator's preferred backend accepts come
 * first.
 */
export function orderedReadings(ref: ModelRef, options: Options): readonly ModelRef[] {
  const readings = readingsOf(ref).flatMap((one) => [one, ...onOtherBackends(one, options)]);
  const preferred = options.backends.find(({ id }) => id === options.defaultBackend);
  if (preferred === undefined) return readings;
  const isPreferred = ({ name }: ModelRef) => accepts(preferred, name);
  return [...readings.filter(isPreferred), ...readings.filter((one) => !isPreferred(one))];
}

// --- internal ---

/**
 * Returns the references to the models of this name on the backends that are not the preferred one. Several backends
 * have Parakeet models with the same names.
 */
function onOtherBackends(
  ref: ModelRef,
  { backends, defaultBackend }: Options,
): readonly ModelRef[] {
  if (ref.isPath || ref.backend !== null) return [];
  const { repository: name } = parseRepositoryRef(ref.name);
  const accepting = backends.filter((backend) => accepts(backend, name));
  const preferred = preferredBackend(accepting, defaultBackend);
  return accepting.filter((one) => one !== preferred).map(({ id }) => ({ ...ref, backend: id }));
}
