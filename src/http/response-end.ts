/**
 * Detects the end of the response to a request. A streamed response continues after its handler has returned. Only
 * after the end of the stream are the resources of the request disposed and its log line written, and only then does
 * the idle timeout of its connection start.
 */

/** Maps each request to the listeners that are called after its resources are disposed. */
const open = new WeakMap<Request, (() => void)[]>();

/**
 * Creates the stack of resources that a request holds until its response has ended. A handler that returns a complete
 * response disposes the stack itself. A streaming handler moves the stack to the stream. The stream disposes the
 * resources before it closes or when it is cancelled.
 */
export function openResources(request: Request): AsyncDisposableStack {
  const resources = new AsyncDisposableStack();
  const listeners: (() => void)[] = [];
  open.set(request, listeners);
  // Resources are disposed in reverse order of their addition, so the listeners run last.
  resources.defer(() => {
    open.delete(request);
    for (const listener of listeners) listener();
  });
  return resources;
}

/**
 * Moves the resources of a request to its streamed response. Returns the function that the stream must call at its end.
 * Also ends the request when the client disconnects before Bun has started to read the body. The generator of the body
 * then never runs, so it cannot end the request.
 */
export async function moveToStream(
  request: Request,
  resources: AsyncDisposableStack,
): Promise<() => Promise<void>> {
  const held = resources.move();
  const end = () => held.disposeAsync();
  request.signal.addEventListener("abort", () => void end(), { once: true });
  if (request.signal.aborted) await end();
  return end;
}

/**
 * Calls `listener` after the resources of the request are disposed. Calls it immediately when the request has no
 * resources.
 */
export function onResponseEnd(request: Request, listener: () => void): void {
  const listeners = open.get(request);
  if (listeners === undefined) listener();
  else listeners.push(listener);
}
