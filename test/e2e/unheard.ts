/** Creates a file whose decoding takes a long time and gives no samples. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./executable.ts";

/**
 * Creates a file with twelve hours of AAC, in which one packet of aac.m4a repeats. Its edit list starts the playback
 * after the last packet, so no sample is played.
 */
export function unheard(): File {
  const file = readFileSync(join(repository, "test/audio/formats/aac.m4a"));
  const boxAt = (kind: string) => file.indexOf(kind) - 4;
  const words = (...numbers: number[]) =>
    Buffer.concat(
      numbers.map((number) => {
        const word = Buffer.alloc(4);
        word.writeUInt32BE(number);
        return word;
      }),
    );
  const box = (kind: string, content: Buffer) =>
    Buffer.concat([words(8 + content.length), Buffer.from(kind), content]);
  const count = 2_000_000;
  const firstPacket = { bytes: file.readUInt32BE(boxAt("stsz") + 20), at: boxAt("stco") + 16 };
  const tables = Buffer.concat([
    box("stts", words(0, 1, count, 1024)),
    box("stsc", words(0, 1, 1, 1, 1)),
    box("stsz", words(0, firstPacket.bytes, count)),
    box(
      "stco",
      Buffer.concat([
        words(0, count),
        Buffer.alloc(4 * count, file.subarray(firstPacket.at, firstPacket.at + 4)),
      ]),
    ),
  ]);
  const behind = boxAt("stts");
  for (const kind of ["moov", "trak", "mdia", "minf", "stbl"]) {
    file.writeUInt32BE(behind - boxAt(kind) + tables.length, boxAt(kind));
  }
  // Sets the length in the header to 0, because 0 means that the length is unknown. Sets the start of the edit to a
  // time after the end of the audio.
  file.writeUInt32BE(0, boxAt("mdhd") + 24);
  file.writeInt32BE(0x7fff_ffff, boxAt("elst") + 20);
  return new File([file.subarray(0, behind), tables], "unheard.m4a");
}
