/**
 * When the response to a request has ended. A streamed response goes on after its handler has returned: what lasts as
 * long as the request (its resources, its line in the log, the timeout of its connection) must wait for the end.
 */

/** By request: what is called when its resources are gone. */
const open = new WeakMap<Request, (() => void)[]>();

/**
 * What a request holds until its response has ended. A handler that returns the whole response disposes of it itself;
 * one that streams moves it to the stream, which disposes of it before it closes, or when it is cancelled.
 */
export function openResources(request: Request): AsyncDisposableStack {
  const resources = new AsyncDisposableStack();
  const listeners: (() => void)[] = [];
  open.set(request, listeners);
  // First in, so last out.
  resources.defer(() => {
    open.delete(request);
    for (const listener of listeners) listener();
  });
  return resources;
}

/** Calls `listener` when the resources of the request are gone; at once when it has none. */
export function onResponseEnd(request: Request, listener: () => void): void {
  const listeners = open.get(request);
  if (listeners === undefined) listener();
  else listeners.push(listener);
}
