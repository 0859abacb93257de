/** Formats durations and speeds as text. */

/** Returns a text for the remaining time, rounded up, for example "12 min left". */
export function timeLeftText(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s left`;
  return seconds < 6000
    ? `${Math.ceil(seconds / 60)} min left`
    : `${Math.ceil(seconds / 3600)} h left`;
}

/** Returns a length of audio or of work, for example "42 s", "12 min" or "3.2 h". */
export function durationText(seconds: number): string {
  if (seconds < 99.5) return `${seconds.toFixed(seconds < 9.95 ? 1 : 0)} s`;
  return seconds < 5970 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** Returns a text for the speed in seconds of audio per second of work, for example "8.1x". */
export function speedText(speed: number): string {
  return `${speed.toFixed(speed < 9.95 ? 1 : 0)}x`;
}
