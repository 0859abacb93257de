/**
 * Detects the end of the response to a request. A streamed response continues after its handler has returned. Three
 * things must happen only after the end of the stream: the resources of the request are disposed, the log line of the
 * request is written, and the idle timeout of the connection starts.
 */

/** Maps each request to the listeners that are called after its resources are disposed. */
const open = new WeakMap<Request, (() => void)[]>();

/**
 * Creates the stack of resources that a request holds until its response has ended. If the handler returns a complete
 * response, the handler disposes the stack. If the handler returns a stream, the handler moves the stack to the stream.
 * The stream then disposes the resources before it closes, or when it is cancelled.
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
 * Moves the resources of a request to its streamed response. The stream must call the returned function at its end. If
 * the client disconnects before Bun reads the body, the stream never runs and cannot call this function. Therefore the
 * resources are also disposed when the client disconnects.
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
