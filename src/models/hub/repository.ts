/** Requests the list of files in a repository of the hub. */
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { Digest } from "./digest.ts";
import { type Hub, isCommit, type RepositoryRef } from "./hub.ts";
import { downloadFailed, requestHub } from "./request.ts";
import { withRetries } from "./retry.ts";

export interface RepositoryFile {
  /** Relative path with forward slashes. The path never leads out of the folder to which it is joined. */
  readonly path: string;
  readonly bytes: number;
  readonly digest: Digest;
}

export interface Repository {
  /** Commit to which the revision referred at the time of the request. */
  readonly commit: string;
  readonly files: readonly RepositoryFile[];
  /** Identifier of the license that the authors chose, for example "mit". Null when they stated no license. */
  readonly license: string | null;
}

/**
 * Returns the files of a repository at a revision. Throws AsrError, or TransientError when the hub cannot be reached.
 */
export async function listRepository(
  hub: Hub,
  { repository, revision }: RepositoryRef,
  signal: AbortSignal,
): Promise<Repository> {
  const path = `/api/models/${repository}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const subject =
    revision === "main"
      ? `model repository ${repository}`
      : `revision "${revision}" of model repository ${repository}`;
  const body = await withRetries(
    async () => {
      await using response = await requestHub(hub, { path, subject, signal });
      return readJson(response.read(), subject);
    },
    { backOffMs: hub.backOffMs, signal },
  );
  if (!Value.Check(answer, body) || !isCommit(body.sha)) {
    throw downloadFailed(
      `Cannot download ${subject}: the hub's list of files is not in the known format`,
    );
  }
  return {
    commit: body.sha,
    files: body.siblings.flatMap((file) => fileOf(file) ?? []),
    license: licenseOf(body),
  };
}

/**
 * Returns whether the path consists only of plain names between slashes. It must not contain "..", hidden names, or
 * characters with a special meaning on one of the supported systems.
 */
export function isSafePath(path: string): boolean {
  return (
    path.length <= 250 &&
    path
      .split("/")
      .every((name) => /^[\p{L}\p{N}_][\p{L}\p{N}_.+ -]*$/u.test(name) && !/[. ]$/u.test(name))
  );
}

// --- internal ---

/**
 * Maximum size of the list in bytes. The largest repositories contain several thousand files. Each entry of the list
 * has about 200 bytes.
 */
const listBytesMax = 8 * 2 ** 20;

const sibling = Type.Object({
  rfilename: Type.String(),
  size: Type.Optional(Type.Integer({ minimum: 0 })),
  blobId: Type.Optional(Type.String()),
  lfs: Type.Optional(Type.Object({ sha256: Type.String(), size: Type.Integer({ minimum: 0 }) })),
});

const answer = Type.Object({
  sha: Type.String(),
  siblings: Type.Array(sibling),
  tags: Type.Optional(Type.Array(Type.String())),
  cardData: Type.Optional(Type.Unknown()),
});

async function readJson(pieces: AsyncIterable<Uint8Array>, subject: string): Promise<unknown> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of pieces) {
    text += decoder.decode(piece, { stream: true });
    if (text.length > listBytesMax) {
      throw downloadFailed(
        `Cannot download ${subject}: its list of files is larger than ${listBytesMax} bytes`,
      );
    }
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw downloadFailed(`Cannot download ${subject}: the hub did not answer with JSON`, error);
  }
}

/**
 * Converts a file of the hub's list. Returns null for a file without a size or a valid hash, and for a file whose path
 * could lead out of the target folder. The program does not download a file if the result is null.
 */
function fileOf({
  rfilename,
  size,
  blobId = "",
  lfs,
}: typeof sibling.static): RepositoryFile | null {
  const digest: Digest =
    lfs === undefined
      ? { algorithm: "git", hex: blobId }
      : { algorithm: "sha256", hex: lfs.sha256 };
  const bytes = lfs?.size ?? size;
  const hexLength = lfs === undefined ? 40 : 64;
  const isHex = digest.hex.length === hexLength && /^[0-9a-f]+$/u.test(digest.hex);
  return bytes !== undefined && isHex && isSafePath(rfilename)
    ? { path: rfilename, bytes, digest }
    : null;
}

function licenseOf({ tags = [] }: typeof answer.static): string | null {
  const tag = tags.find((one) => one.startsWith("license:"));
  return tag === undefined ? null : tag.slice("license:".length).slice(0, 100);
}
