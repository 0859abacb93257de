/** Hides user names and passwords in URLs. Messages and the output of `config` are often published. */

/**
 * Replaces the user name and the password of each URL in the text by `mark`: https://me:secret@hub becomes
 * https://***@hub.
 */
export function withoutPassword(text: string, mark = "***@"): string {
  return text.replaceAll(/(?<=\/\/)[^\s/?#"]*@/gu, mark);
}
