/** Reads a file that ffmpeg decodes. If a track contains no speech, the next track is decoded, as for other files. */
import type { AudioEnd, AudioFile } from "./audio-thread.ts";
import type { AudioChunk } from "./chunker.ts";

/** A track that ffmpeg has decoded. It may be disposed several times. */
export interface ForeignTrack extends Disposable {
  readonly audio: AudioFile;
  /** Number of the track, from 1; null if ffmpeg has chosen the track. */
  readonly number: number | null;
  /** Time in seconds that ffmpeg worked. */
  readonly ffmpegS: number;
}

export interface ForeignTracks {
  /** Number of audio tracks in the file; null if it is unknown. */
  readonly tracks: number | null;
  /** Numbers of the tracks to decode if the first one contains no speech. */
  readonly others: readonly number[];
  /** Decodes a track. */
  readonly open: (number: number) => Promise<ForeignTrack>;
  readonly signal: AbortSignal;
}

export class ForeignAudio implements AudioFile {
  readonly durationS: number | null;
  readonly #facts: ForeignTracks;
  readonly #others: number[];
  #track: ForeignTrack;
  #hasSpeech = false;
  /** The end of the first track, if it contains no speech. */
  #silent: AudioEnd | null = null;
  /** Times in seconds that the earlier tracks took. */
  #earlier = { decodeS: 0, vadS: 0 };

  constructor(first: ForeignTrack, facts: ForeignTracks) {
    this.#track = first;
    this.#facts = facts;
    this.#others = [...facts.others];
    this.durationS = first.audio.durationS;
  }

  get channels(): number {
    return this.#track.audio.channels;
  }

  get decodeS(): number {
    return this.#earlier.decodeS + this.#track.ffmpegS + this.#track.audio.decodeS;
  }

  get vadS(): number {
    return this.#earlier.vadS + this.#track.audio.vadS;
  }

  async next(): Promise<AudioChunk | AudioEnd> {
    for (;;) {
      const next = await this.#track.audio.next();
      if (!("endS" in next)) {
        this.#hasSpeech = true;
        return next;
      }
      const end = { ...next, track: this.#facts.tracks === 1 ? null : this.#track.number };
      if (this.#hasSpeech) return end;
      this.#silent ??= end;
      if (!(await this.#openNext())) return this.#silent;
    }
  }

  giveBack(chunk: AudioChunk): void {
    this.#track.audio.giveBack(chunk);
  }

  [Symbol.dispose](): void {
    this.#track[Symbol.dispose]();
  }

  /** Opens the next track that can be decoded. Returns false if none is left. */
  async #openNext(): Promise<boolean> {
    for (;;) {
      const number = this.#others.shift();
      if (number === undefined) return false;
      try {
        // The audio thread has only one open file for each job, so the earlier track is closed first.
        this.#track[Symbol.dispose]();
        const track = await this.#facts.open(number);
        this.#earlier = { decodeS: this.decodeS, vadS: this.vadS };
        this.#track = track;
        return true;
      } catch (error) {
        // A track that cannot be decoded counts as silent.
        if (this.#facts.signal.aborted) throw error;
      }
    }
  }
}
