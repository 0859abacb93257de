/** Finds the home folder of the user. */
import { homedir } from "node:os";

/** Returns the home folder. Null if the user id is unknown to the system and HOME is not set, as in many containers. */
export function homeFolder(): string | null {
  try {
    return homedir() || null;
  } catch {
    return null;
  }
}
