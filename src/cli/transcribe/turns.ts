/** Orders the output of tasks that run at the same time: each task takes a turn, and writes only during its turn. */

/** The turn of one task. Disposing it ends the turn; then the turn of the next task starts. */
export interface Turn extends Disposable {
  readonly hasCome: boolean;
  /** Resolves when this turn starts. */
  readonly come: Promise<void>;
}

export class Turns {
  #last: Promise<void> = Promise.resolve();
  #isFirst = true;

  /** Returns a turn that starts after the end of all turns that were taken earlier. */
  take(): Turn {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const come = this.#last;
    let hasCome = this.#isFirst;
    void come.then(() => (hasCome = true));
    this.#isFirst = false;
    // A turn can end before it has started. In this case too, the next turn must wait until all earlier turns have
    // ended.
    this.#last = Promise.all([come, ended]).then(() => undefined);
    return {
      come,
      get hasCome() {
        return hasCome;
      },
      [Symbol.dispose]: end,
    };
  }
}
