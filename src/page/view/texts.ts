/** Writes times, sizes and numbers for people. */

/** Returns a time such as 0:07, 12:30 or 1:02:03. */
export function timeText(timeS: number): string {
  const whole = Math.floor(timeS);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
}

/** Returns a size such as "78 MB" or "1.6 GB". The units are decimal, as in the responses of the server. */
export function sizeText(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB"];
  let step = 0;
  let value = bytes;
  for (; value >= 999.5 && step < units.length - 1; step++) value /= 1000;
  const rounded = value < 10 && step > 1 ? value.toFixed(1).replace(/\.0$/, "") : value.toFixed(0);
  return `${rounded} ${units[step]}`;
}

export function percentText(part: number): string {
  return `${Math.floor(part * 100)} %`;
}

/** Returns the English name of a language, for example "German" for `de`. */
export function languageText(code: string): string {
  return languageNames.of(code) ?? code;
}

// --- internal ---

const languageNames = new Intl.DisplayNames(["en"], { type: "language" });
