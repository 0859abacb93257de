/** Starts a server on this machine that behaves like the Hugging Face hub. Tests can add faults. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Seen {
  readonly host: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
}

export type Content = Readonly<Record<string, string | Uint8Array>>;

interface Options {
  /** Maps the name of a repository, "Organization/Name", to its files. */
  readonly repositories: Readonly<Record<string, Content>>;
  /** Either responds to a request and returns true, or returns false. If it returns false, the hub responds. */
  readonly fault?: (seen: Seen, response: ServerResponse) => boolean;
  readonly tags?: readonly string[];
}

/** Minimum size of an LFS file in bytes. LFS files are stored on another host, as on the real hub. */
export const lfsBytesMin = 1000;

export type LocalHub = Awaited<ReturnType<typeof startHub>>;

export async function startHub({ repositories, fault = () => false, tags = [] }: Options) {
  const requests: Seen[] = [];
  const hub = createServer((request, response) => {
    const seen = note(request, "hub");
    if (!fault(seen, response)) answerHub(seen, response);
  });
  const storage = createServer((request, response) => {
    const seen = note(request, "storage");
    if (!fault(seen, response)) answerStorage(seen, response);
  });
  const [endpoint, storageAddress] = await Promise.all([listen(hub), listen(storage)]);

  function note(request: IncomingMessage, host: string): Seen {
    const seen = { host, path: request.url ?? "", headers: request.headers };
    requests.push(seen);
    return seen;
  }

  function answerHub({ path, headers }: Seen, response: ServerResponse): void {
    const [, name = "", kind, revision = "", , file = ""] = route.exec(path) ?? [];
    const files = repositories[name];
    if (files === undefined) return refuse(response, 401, "RepoNotFound");
    const commit = commitOf(files);
    if (!["main", commit].includes(decodeURIComponent(revision))) {
      return refuse(response, 404, "RevisionNotFound");
    }
    if (kind === "revision") return json(response, listing({ id: name, commit, files, tags }));
    if (kind === "tree") return json(response, tree(files));
    const content = files[decodeURIComponent(file)];
    if (content === undefined) return refuse(response, 404, "EntryNotFound");
    const bytes = bytesOf(content);
    const common = { "x-repo-commit": commit, etag: `"${blobName(bytes)}"` };
    if (bytes.length < lfsBytesMin) return send(response, { bytes, headers, common });
    response.writeHead(302, {
      ...common,
      "x-linked-size": bytes.length,
      "x-linked-etag": `"${blobName(bytes)}"`,
      location: `${storageAddress}/${name}/${file}`,
    });
    response.end();
  }

  function answerStorage({ path, headers }: Seen, response: ServerResponse): void {
    const [, repository = "", file = ""] = /^\/([^/]+\/[^/]+)\/(.+)$/.exec(path) ?? [];
    const content = repositories[repository]?.[decodeURIComponent(file)];
    if (content === undefined) return refuse(response, 404, "EntryNotFound");
    send(response, { bytes: bytesOf(content), headers, common: {} });
  }

  return {
    endpoint,
    requests,
    commit: (repository: string) => commitOf(repositories[repository] ?? {}),
    [Symbol.dispose]() {
      for (const server of [hub, storage]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

/**
 * Creates a fault: the storage sends the first `bytes` bytes of a file, and then sends nothing more. If a request asks
 * for the rest of the file, the storage sends the rest.
 */
export function stopsAfter(bytes: number, content: Uint8Array): NonNullable<Options["fault"]> {
  return ({ host, headers }, response) => {
    if (host !== "storage" || headers.range !== undefined) return false;
    response.writeHead(200, { "content-length": content.length });
    response.write(content.subarray(0, bytes));
    return true;
  };
}

/** Returns the name that a file with this content has in the `blobs` folder of the cache. */
export function blobName(content: string | Uint8Array): string {
  const bytes = bytesOf(content);
  return bytes.length < lfsBytesMin
    ? createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex")
    : createHash("sha256").update(bytes).digest("hex");
}

// --- internal ---

/**
 * Matches the path of a request. Captures the repository, the kind of request ("revision", "tree" or "resolve"), the
 * revision, and the path of a file.
 */
const route =
  /^(?:\/api\/models)?\/([^/]+\/[^/]+)\/(revision|tree|resolve)\/([^/?]+)(\/([^?]+))?(?:\?.*)?$/;

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}

function commitOf(files: Content): string {
  const hash = createHash("sha1");
  for (const [path, content] of Object.entries(files)) hash.update(path).update(blobName(content));
  return hash.digest("hex");
}

interface Listed {
  readonly id: string;
  readonly commit: string;
  readonly files: Content;
  readonly tags: readonly string[];
}

function listing({ id, commit, files, tags }: Listed): object {
  const siblings = Object.entries(files).map(([rfilename, content]) => {
    const bytes = bytesOf(content);
    const size = bytes.length;
    return size < lfsBytesMin
      ? { rfilename, size, blobId: blobName(bytes) }
      : {
          rfilename,
          size,
          blobId: "0".repeat(40),
          lfs: { sha256: blobName(bytes), size, pointerSize: 130 },
        };
  });
  return { _id: "1", id, modelId: id, private: false, gated: false, sha: commit, tags, siblings };
}

/**
 * Returns the list of files in the form of the route `tree`. Clients request this list in pages, but these tests need
 * only one page.
 */
function tree(files: Content): object {
  return Object.entries(files).map(([path, content]) => {
    const bytes = bytesOf(content);
    const [oid, size] = [blobName(bytes), bytes.length];
    return size < lfsBytesMin
      ? { type: "file", path, oid, size }
      : { type: "file", path, oid: "0".repeat(40), size, lfs: { oid, size, pointerSize: 130 } };
  });
}

interface Sent {
  readonly bytes: Uint8Array;
  readonly headers: IncomingMessage["headers"];
  readonly common: Readonly<Record<string, string>>;
}

function send(response: ServerResponse, { bytes, headers, common }: Sent): void {
  const [, first] = /^bytes=(\d+)-$/.exec(headers.range ?? "") ?? [];
  const start = Number(first ?? 0);
  if (start > 0 && start >= bytes.length) {
    response.writeHead(416, { ...common, "content-range": `bytes */${bytes.length}` });
    response.end();
    return;
  }
  const range: Record<string, string> =
    first === undefined
      ? {}
      : { "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
  response.writeHead(first === undefined ? 200 : 206, {
    ...common,
    ...range,
    "accept-ranges": "bytes",
    "content-length": bytes.length - start,
  });
  response.end(bytes.subarray(start));
}

function json(response: ServerResponse, body: object): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { "x-error-code": code, "content-type": "application/json" });
  response.end(JSON.stringify({ error: code }));
}

function listen(server: ReturnType<typeof createServer>): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo;
    resolve(`http://127.0.0.1:${port}`);
  });
  return promise;
}
