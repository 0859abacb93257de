/**
 * Writes a copy of a CTranslate2 Whisper model without the last layer of its decoder. Like a distilled model, the copy
 * has fewer decoder layers than encoder layers.
 */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Writes the copy to `folder`, which must exist. `last` is the number of the layer to omit, counted from 0. */
export function writeShortened(source: string, folder: string, last: number): void {
  for (const file of ["tokenizer.json", "vocabulary.txt"]) {
    copyFileSync(join(source, file), join(folder, file));
  }
  const config = JSON.parse(readFileSync(join(source, "config.json"), "utf8")) as object;
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, alignment_heads: [] }));
  const weights = readFileSync(join(source, "model.bin"));
  writeFileSync(join(folder, "model.bin"), withoutLayer(weights, `decoder/layer_${last}/`));
}

// --- internal ---

/**
 * Returns the weights without the variables of one layer. The file consists of a header, the list of variables, and the
 * list of aliases. Each list starts with its length.
 */
function withoutLayer(weights: Buffer, prefix: string): Buffer {
  let at = 0;
  const number = (bytes: number): number => weights.readUIntLE((at += bytes) - bytes, bytes);
  const text = (): string => {
    const length = number(2);
    return weights.toString("latin1", at, (at += length));
  };
  /**
   * Reads a list, and removes the entries of the layer. Returns the number of the remaining entries, followed by these
   * entries.
   */
  const list = (skipRest: () => void): Buffer[] => {
    const kept: Buffer[] = [];
    for (let left = number(4); left > 0; left--) {
      const start = at;
      const name = text();
      skipRest();
      if (!name.startsWith(prefix)) kept.push(weights.subarray(start, at));
    }
    return [uint32(kept.length), ...kept];
  };

  // Skips the version of the format, and the name and the revision of the specification.
  number(4);
  text();
  number(4);
  const header = weights.subarray(0, at);
  const variables = list(() => {
    const rank = number(1);
    // Skips the dimensions and the number of the type.
    at += 4 * rank + 1;
    const bytes = number(4);
    at += bytes;
  });
  const aliases = list(text);
  return Buffer.concat([header, ...variables, ...aliases, weights.subarray(at)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
