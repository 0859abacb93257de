/** Replaces the id of a client, which is an address or the digest of a key, because a runner must not learn it. */
const secret = crypto.getRandomValues(new Uint8Array(32));

/** Returns a tag. Equal clients have equal tags until the server ends. */
export function clientTag(client: string): string {
  return new Bun.CryptoHasher("sha256", secret).update(client).digest("base64url").slice(0, 16);
}
