/** The user's own folder, where there is one. */
import { homedir } from "node:os";

/** Null for a user whom the system does not know and who has no HOME, as in many containers. */
export function homeFolder(): string | null {
  try {
    return homedir() || null;
  } catch {
    return null;
  }
}
