/** Feeds several streams in one call of asr_stream_feed. The class `Lane` makes calls with one stream only. */
import type { Pointer } from "bun:ffi";
import {
  type StreamOptions,
  type TimedTokens,
  writeStreamInput,
  writeStreamOptions,
} from "../../src/runner/engine/asr-structs.ts";
import { keepAlive } from "../../src/runner/engine/native-memory.ts";
import { feedOptions, type Subject } from "../backends/subject.ts";
import { readOutcome } from "./decode-together.ts";

export interface Feed {
  readonly stream: Pointer;
  readonly samples: Float32Array;
  readonly isLast?: boolean;
  readonly cancel?: Int32Array;
}

export interface FeedOutcome extends TimedTokens {
  /** The status of the stream: 0, or the negative number of a failure. */
  readonly status: number;
}

/** A lane and its streams, through the functions of asr.h. */
export class RawLane implements Disposable {
  readonly #subject: Subject;
  readonly #lane: Pointer;
  readonly #streams: Pointer[] = [];

  constructor(subject: Subject) {
    const { library, pointer } = subject;
    this.#subject = subject;
    this.#lane = library.openHandle((out) => library.c.asr_lane_open(pointer, out), "open");
  }

  open(changes: Partial<StreamOptions> = {}): Pointer {
    const { library } = this.#subject;
    const options = writeStreamOptions(this.#subject.streamOptions(changes));
    const open = (out: Parameters<typeof library.c.asr_stream_open>[2]) =>
      library.c.asr_stream_open(this.#lane, library.addressOf(options), out);
    const stream = library.openHandle(open, "open a stream");
    this.#streams.push(stream);
    return stream;
  }

  feed(feeds: readonly Feed[]): FeedOutcome[] {
    const { library } = this.#subject;
    const structs = feeds.map(({ stream, samples, ...options }) => {
      const struct = writeStreamInput(stream, samples, feedOptions(options));
      return new Uint8Array(struct.buffer, struct.byteOffset, struct.byteLength);
    });
    const all = new Uint8Array(Buffer.concat(structs));
    library.c.asr_stream_feed(this.#lane, library.addressOf(all), feeds.length);
    keepAlive(feeds, all);
    return feeds.map((_, i) => readOutcome(this.#subject, this.#lane, i));
  }

  [Symbol.dispose](): void {
    const { c } = this.#subject.library;
    for (const stream of this.#streams) c.asr_stream_close(stream);
    c.asr_lane_close(this.#lane);
  }
}
