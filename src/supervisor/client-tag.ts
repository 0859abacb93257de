/** Replaces the id of a client, which is an address or the digest of a key, because a runner must not learn it. */
import { createHmac, randomBytes } from "node:crypto";

const secret = randomBytes(32);

/** Returns a tag. Equal clients have equal tags until the server ends. */
export function clientTag(client: string): string {
  return createHmac("sha256", secret).update(client).digest("base64url").slice(0, 16);
}
