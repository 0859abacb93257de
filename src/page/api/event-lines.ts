/** Reads server-sent events from a response that arrives in parts. Each event is one line `data:` with JSON. */

export class EventLines {
  /** Start of a line whose end has not arrived. */
  #rest = "";

  /** Returns the events that the next part of the response completes. */
  push(text: string): unknown[] {
    const lines = `${this.#rest}${text}`.split("\n");
    this.#rest = lines.pop() ?? "";
    return lines
      .filter((line) => line.startsWith("data:"))
      .map((line): unknown => JSON.parse(line.slice("data:".length)));
  }
}
