/** Prints text on standard output. */
import { isClosedPipe } from "./closed-pipe.ts";
import { WriteError } from "./write-error.ts";

/** Throws WriteError, or the error of a pipe that its reader has closed. */
export async function print(text: string): Promise<void> {
  try {
    await Bun.write(Bun.stdout, text);
  } catch (error) {
    throw isClosedPipe(error) ? error : new WriteError("to standard output", error);
  }
}
