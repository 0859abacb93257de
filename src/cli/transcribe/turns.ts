/** Puts the output of work that runs at the same time in order: each piece of work writes when its turn has come. */

/** Disposing a turn ends it, and the next turn comes. */
export interface Turn extends Disposable {
  readonly hasCome: boolean;
  /** Resolves when the turn has come. */
  readonly come: Promise<void>;
}

export class Turns {
  #last: Promise<void> = Promise.resolve();
  #isFirst = true;

  /** Returns the turn after all turns that were taken before. */
  take(): Turn {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const come = this.#last;
    let hasCome = this.#isFirst;
    void come.then(() => (hasCome = true));
    this.#isFirst = false;
    // A turn that ends early must not let the next turn start before the earlier ones have ended.
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
