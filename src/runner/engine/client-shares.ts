/**
 * Shares turns between the clients of a runner. A client that is too far ahead of another client whose job waits is
 * passed over. So one client cannot take all lanes while others wait, however many and however short its jobs are.
 */
export class ClientShares {
  /** Number of turns from which a client is too far ahead. It is also the largest credit of a client. */
  readonly #lead: number;
  readonly #clients = new Map<number, string>();
  /** Number of jobs and of turns of each client that has a job, or is ahead of a client that has one. */
  readonly #shares = new Map<string, Share>();

  constructor(lead: number) {
    this.#lead = lead;
  }

  /** Adds a job. A new client starts with as many turns as the client that has the fewest, so it has no credit. */
  add(job: number, client: string): void {
    if (this.#clients.has(job)) return;
    this.#clients.set(job, client);
    const { jobs = 0, turns = 0 } = this.#shares.get(client) ?? {};
    this.#shares.set(client, { jobs: jobs + 1, turns: this.#startOf(turns) });
  }

  delete(job: number): void {
    const client = this.#clients.get(job);
    const share = client === undefined ? undefined : this.#shares.get(client);
    this.#clients.delete(job);
    if (share === undefined) return;
    share.jobs--;
    // A client without jobs keeps its turns while it is ahead. Otherwise it could get more turns with a new job.
    const fewest = this.#fewestTurns();
    for (const [name, { jobs, turns }] of this.#shares) {
      if (jobs === 0 && turns <= fewest) this.#shares.delete(name);
    }
  }

  /** Counts a turn of the job's client. Limits the credit of the other clients. */
  serve(job: number): void {
    const share = this.#shareOf(job);
    if (share === undefined) return;
    share.turns++;
    for (const other of this.#shares.values()) {
      other.turns = Math.max(other.turns, share.turns - this.#lead);
    }
  }

  /** Returns those of the waiting jobs whose clients are not too far ahead. */
  within(jobs: readonly number[]): readonly number[] {
    if (this.#shares.size < 2) return jobs;
    const fewest = Math.min(...jobs.map((job) => this.#shareOf(job)?.turns ?? Infinity));
    return jobs.filter((job) => (this.#shareOf(job)?.turns ?? 0) < fewest + this.#lead);
  }

  #shareOf(job: number): Share | undefined {
    const client = this.#clients.get(job);
    return client === undefined ? undefined : this.#shares.get(client);
  }

  #startOf(turns: number): number {
    const fewest = this.#fewestTurns();
    return fewest === Infinity ? turns : Math.max(turns, fewest);
  }

  /** Returns the number of turns of the client with jobs that has the fewest turns. Infinity if no client has jobs. */
  #fewestTurns(): number {
    const present = [...this.#shares.values()].filter(({ jobs }) => jobs > 0);
    return Math.min(...present.map(({ turns }) => turns));
  }
}

// --- internal ---

interface Share {
  jobs: number;
  turns: number;
}
