/** Plays the file that the user chose. It is read from the user's disk, not from the server. */
import { create, find } from "./element.ts";

export class Player {
  readonly #box = find("#player", HTMLElement);
  readonly #onTime: (timeS: number) => void;
  #media: HTMLMediaElement | null = null;
  #timer = 0;

  constructor(onTime: (timeS: number) => void) {
    this.#onTime = onTime;
  }

  /** Shows a player for the file, or no player if `file` is null. */
  open(file: File | null): void {
    this.close();
    this.#box.hidden = file === null;
    if (file === null) return;
    const isVideo = file.type.startsWith("video/");
    const media = create(isVideo ? "video" : "audio", {
      controls: true,
      preload: "metadata",
      "aria-label": `Player of ${file.name}`,
      src: URL.createObjectURL(file),
    });
    const follow = () => this.#follow();
    for (const name of ["play", "seeked", "pause"]) media.addEventListener(name, follow);
    media.addEventListener("error", () => {
      // A player that was closed reports an error, too.
      if (this.#media !== media) return;
      this.close();
      const note = "This browser cannot play the file.";
      this.#box.replaceChildren(create("p", { class: "hint" }, note));
    });
    this.#media = media;
    this.#box.replaceChildren(media);
  }

  close(): void {
    cancelAnimationFrame(this.#timer);
    const media = this.#media;
    this.#media = null;
    media?.pause();
    if (media !== null) URL.revokeObjectURL(media.src);
    this.#box.replaceChildren();
  }

  seek(timeS: number): void {
    if (this.#media !== null) this.#media.currentTime = timeS;
  }

  playFrom(timeS: number): void {
    this.seek(timeS);
    this.#play();
  }

  /** Pauses, or plays from a time. */
  toggle(timeS: number): void {
    if (this.#media?.paused === false) this.#media.pause();
    else this.playFrom(timeS);
  }

  #play(): void {
    // The promise rejects if the file cannot be played. The event `error` then shows the reason.
    void this.#media?.play().catch(() => {});
  }

  /** Tells the time, for each picture of the screen while the file plays. The event `timeupdate` is too rare. */
  #follow(): void {
    cancelAnimationFrame(this.#timer);
    const media = this.#media;
    if (media === null) return;
    this.#onTime(media.currentTime);
    if (!media.paused) this.#timer = requestAnimationFrame(() => this.#follow());
  }
}
