/** Explains to an operator how to get a model that is not on this machine. */
import { join } from "node:path";
import type { RemoteModel } from "./backends/backend.ts";

/** Returns a sentence with the file, its size, and a command or web address for the download. */
export function downloadAdvice(remote: RemoteModel, modelDir: string | null): string {
  const { repository, files, folder, bytes } = remote;
  const size = bytes === null ? "" : ` (about ${sizeText(bytes)})`;
  const [file = ""] = files;
  const target = join(modelDir ?? ".", folder ?? file);
  const then = modelDir === null ? `use --model ./${target}` : "run this command again";
  if (folder === null) {
    const command = `curl -L -o ${quoted(target)} ${hub}/${repository}/resolve/main/${file}`;
    return `Download ${file}${size}: ${command}; then ${then}`;
  }
  return `Download ${files.join(", ")}${size} from ${hub}/${repository} into the folder ${quoted(target)}; then ${then}`;
}

// --- internal ---

const hub = "https://huggingface.co";

function sizeText(bytes: number): string {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Quotes the path so that a shell reads it as one word. */
function quoted(path: string): string {
  return /^[\w./:\\-]+$/u.test(path) ? path : JSON.stringify(path);
}
