/** Writes the vocabulary of a random Kyutai model in the format of SentencePiece. */

/** Kinds of pieces in the file. */
export const pieceKind = { normal: 1, unknown: 2, control: 3, byte: 6 } as const;

export interface Piece {
  readonly text: string;
  readonly kind: number;
}

/** Returns the pieces: four special ones, marks, and syllables, every third of which starts a word. */
function piecesOf(vocabulary: number): Piece[] {
  const letters = "aeioubdgklmnprst";
  const pieces: Piece[] = [
    { text: "<unk>", kind: pieceKind.unknown },
    { text: "<s>", kind: pieceKind.control },
    { text: "</s>", kind: pieceKind.control },
    { text: "<pad>", kind: pieceKind.control },
    ...["\u2581", ".", ",", "\u2581é", "ß"].map((text) => ({ text, kind: pieceKind.normal })),
  ];
  while (pieces.length < vocabulary) {
    const id = pieces.length;
    const pair = letters[id % 16]! + letters[Math.floor(id / 16) % 16]!;
    const text = `${id % 3 === 0 ? "\u2581" : ""}${pair}${id < 256 ? "" : id}`;
    pieces.push({ text, kind: pieceKind.normal });
  }
  return pieces;
}

/** Returns the bytes of the file: a message of protocol buffers, whose field 1 repeats. */
export function tokenizerFile(vocabulary: number, pieces = piecesOf(vocabulary)): Uint8Array {
  return Buffer.concat(
    pieces.map(({ text, kind }, id) => {
      const name = Buffer.from(text);
      const score = Buffer.alloc(4);
      score.writeFloatLE(-id);
      const piece = [
        0x0a,
        ...varint(name.length),
        ...name,
        0x15,
        ...score,
        ...(kind === 1 ? [] : [0x18, kind]),
      ];
      return Buffer.from([0x0a, ...varint(piece.length), ...piece]);
    }),
  );
}

// --- internal ---

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}
