/**
 * Tells when the response to a request has ended. A streamed response continues after its handler has returned. The
 * request's resources, its log line and its connection's idle timeout must wait for the end of the stream.
 */

/** For each request, the listeners to call after its resources are disposed of. */
const open = new WeakMap<Request, (() => void)[]>();

/**
 * The resources that a request holds until its response has ended. A handler that returns the whole response disposes of
 * them itself. A streaming handler moves them to the stream, which disposes of them before it closes or when it is cancelled.
 */
export function openResources(request: Request): AsyncDisposableStack {
  const resources = new AsyncDisposableStack();
  const listeners: (() => void)[] = [];
  open.set(request, listeners);
  // Resources are disposed of in reverse order, so the listeners run last.
  resources.defer(() => {
    open.delete(request);
    for (const listener of listeners) listener();
  });
  return resources;
}

/** Calls `listener` after the resources of the request are disposed of, or at once when it has none. */
export function onResponseEnd(request: Request, listener: () => void): void {
  const listeners = open.get(request);
  if (listeners === undefined) listener();
  else listeners.push(listener);
}
