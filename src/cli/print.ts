/** Prints text on standard output. */
import { isClosedPipe } from "./closed-pipe.ts";
import { WriteError } from "./write-error.ts";

/** Throws WriteError when the text cannot be written. Throws the system's error when the reader has closed the pipe. */
export async function print(text: string): Promise<void> {
  try {
    await Bun.write(Bun.stdout, text);
  } catch (error) {
    throw isClosedPipe(error) ? error : new WriteError("to standard output", error);
  }
}
