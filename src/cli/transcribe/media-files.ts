/** Recognizes audio and video files by their file names. A folder can then be searched without opening every file. */
import { extensionOf } from "../file-names.ts";

/**
 * Returns whether the file name has the extension of an audio or video format. This includes formats that the program
 * cannot decode; the user then gets an error message about the file.
 */
export function isMediaName(name: string): boolean {
  return mediaExtensions.has(extensionOf(name).slice(1).toLowerCase());
}

/** Compares two names. Compares numbers in the names by value, so "part 2" comes before "part 10". */
export function compareNames(one: string, other: string): number {
  return collator.compare(one, other) || (one < other ? -1 : 1);
}

// --- internal ---

// The extension "ts" is not in this list, because most files with this extension are TypeScript files and not MPEG
// transport streams.
const mediaExtensions: ReadonlySet<string> = new Set(
  (
    "wav wave bw64 rf64 flac mp3 mp2 mpga m4a m4b mp4 m4v mov 3gp mkv mka webm ogg oga opus aac aif aiff aifc caf au snd " +
    "spx wma wmv asf amr awb ac3 eac3 dts ape wv tta avi mpg mpeg mts m2ts flv ra rm"
  ).split(" "),
);

const collator = new Intl.Collator("en", { numeric: true });
