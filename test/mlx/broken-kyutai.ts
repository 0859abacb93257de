/** Creates folders of Kyutai models for MLX, each with one kind of damage. */
import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BrokenFolder, configure } from "./broken-folders.ts";
import { smallShape } from "./kyutai/shapes.ts";
import { type Piece, pieceKind, tokenizerFile } from "./kyutai/tokenizer.ts";
import { mimiFile, tokenizerName, weightsName } from "./kyutai/write-kyutai.ts";

const tokenizer = tokenizerName(smallShape);
const weights = weightsName(smallShape);

export const brokenKyutaiFolders: readonly BrokenFolder[] = [
  ...[mimiFile, tokenizer, weights].map((name) => ({
    name: `no ${name}`,
    says: /its folder has no/u,
    damage: (folder: string) => rmSync(join(folder, name)),
  })),
  { name: "another task", says: /no model that transcribes/u, damage: configure({ dep_q: 8 }) },
  { name: "delays", says: /no model that transcribes/u, damage: configure({ delays: [0, 1] }) },
  { name: "no delay", says: /no stt_config/u, damage: configure({ stt_config: undefined }) },
  {
    name: "an endless delay",
    says: /audio_delay_seconds/u,
    damage: configure({ stt_config: { audio_delay_seconds: 1e9 } }),
  },
  { name: "no width", says: /no dim/u, damage: configure({ dim: undefined }) },
  { name: "an odd width", says: /dimensions that no Kyutai/u, damage: configure({ dim: 66 }) },
  { name: "another width", says: /do not match config\.json/u, damage: configure({ dim: 128 }) },
  { name: "a huge context", says: /impossible context/u, damage: configure({ context: 1e9 }) },
  { name: "more codebooks", says: /has no/u, damage: configure({ n_q: 32 }) },
  { name: "more codes", says: /do not match config\.json/u, damage: configure({ card: 65 }) },
  {
    name: "a file of another folder",
    says: /names a file of its folder/u,
    damage: configure({ mimi_name: "../mimi.safetensors" }),
  },
  {
    name: "a vocabulary of another size",
    says: /has 199 pieces, expected 200/u,
    damage: (folder) => writeFileSync(join(folder, tokenizer), tokenizerFile(199)),
  },
  {
    name: "a vocabulary that is cut short",
    says: /vocabulary is damaged/u,
    damage: (folder) => truncateSync(join(folder, tokenizer), 1001),
  },
  {
    name: "a byte that is no byte",
    says: /vocabulary is damaged/u,
    damage: (folder) => writeFileSync(join(folder, tokenizer), tokenizerFile(200, noBytes)),
  },
  {
    name: "an audio tokenizer without a transformer",
    says: /no transformer/u,
    damage: (folder) => {
      const path = join(folder, mimiFile);
      const text = readFileSync(path, "latin1");
      writeFileSync(path, text.replaceAll("encoder_transformer", "another_transformer"), "latin1");
    },
  },
];

// --- internal ---

const noBytes: Piece[] = Array.from({ length: 200 }, () => ({
  text: "<0xZZ>",
  kind: pieceKind.byte,
}));
