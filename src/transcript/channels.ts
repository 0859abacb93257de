/** Labels the text of a recording in which each channel was transcribed on its own, for example a call. */

/** Returns the name of a channel, for people. */
export function channelName(channel: number): string {
  return `Channel ${channel}`;
}

/** Returns the text with the name of its channel before it. Without a channel, returns the text. */
export function withChannel(text: string, channel: number | undefined): string {
  return channel === undefined ? text : `${channelName(channel)}: ${text}`;
}
