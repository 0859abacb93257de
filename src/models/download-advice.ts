/** Explains to an operator how to get a model that is not on this machine. */
import { join } from "node:path";
import type { RemoteModel } from "./backends/backend.ts";
import { sizeText } from "./size-text.ts";

interface AdviceOptions {
  /** Name of the model in the form that the commands of this program accept. */
  readonly name: string;
  readonly modelDir: string | null;
  /** Whether this program can reach the hub and has a folder for downloads. */
  readonly canDownload: boolean;
}

/**
 * Returns a sentence with the command that downloads the model. If this program cannot download models, the sentence
 * contains the names and the web address of the files instead.
 */
export function downloadAdvice(
  remote: RemoteModel,
  { name, modelDir, canDownload }: AdviceOptions,
): string {
  const { repository, files, folder, bytes } = remote;
  const size = bytes === null ? "" : ` (about ${sizeText(bytes)})`;
  if (canDownload) return `Download it${size}: open-asr-server models pull ${name}`;
  const [file = ""] = files;
  const target = join(modelDir ?? ".", folder ?? file);
  const then =
    modelDir === null
      ? `use --model ./${target}, or open-asr-server models import ${quoted(target)}`
      : "run this command again";
  if (folder === null) {
    const command = `curl -L -o ${quoted(target)} ${hub}/${repository}/resolve/main/${file}`;
    return `Download ${file}${size}: ${command}; then ${then}`;
  }
  return `Download ${files.join(", ")}${size} from ${hub}/${repository} into the folder ${quoted(target)}; then ${then}`;
}

// --- internal ---

const hub = "https://huggingface.co";

/** Quotes the path, so that a shell reads it as one word. */
function quoted(path: string): string {
  return /^[\w./:\\-]+$/u.test(path) ? path : JSON.stringify(path);
}
