/** Starts a proxy that closes each of its first connections after a given time without data. */
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface CuttingProxy extends AsyncDisposable {
  readonly url: string;
  /** Returns how many connections the proxy has closed because they had no data for too long. */
  readonly cut: () => number;
}

/**
 * Starts a proxy that forwards connections to the server at `url`. If one of the first `count` connections has no data
 * for `silenceMs` milliseconds, the proxy closes the connection.
 */
export async function startCuttingProxy(
  url: string,
  { count, silenceMs }: { readonly count: number; readonly silenceMs: number },
): Promise<CuttingProxy> {
  const { hostname, port } = new URL(url);
  const open = new Set<Socket>();
  let accepted = 0;
  let cut = 0;
  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname);
    const sockets = [client, server];
    const close = () => {
      for (const socket of sockets) socket.destroy();
    };
    for (const socket of sockets) {
      open.add(socket);
      socket.on("error", close);
      socket.on("close", () => {
        open.delete(socket);
        close();
      });
    }
    client.pipe(server).pipe(client);
    accepted++;
    if (accepted > count) return;
    client.setTimeout(silenceMs, () => {
      cut++;
      close();
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    cut: () => cut,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => proxy.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
