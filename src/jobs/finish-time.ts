/**
 * Estimates when a transcription in the queue ends, from the audio that is left and the measured speed. The estimate
 * follows the order in which runners serve jobs (`runner/engine/turns.ts`): the earliest deadline first, then the least
 * audio; long files proceed side by side.
 */
import { longS } from "../ipc/long-audio.ts";
import type { Ticket } from "./ticket.ts";

export interface QueueState {
  /** All transcriptions in the queue, in the order of their arrival. */
  readonly tickets: Iterable<Ticket>;
  /** Seconds of audio per second that all lanes together transcribe. */
  readonly speed: number;
  /** Length in seconds that is assumed for audio of unknown length. */
  readonly meanAudioS: number;
}

/** Returns the estimated time in seconds until the transcription ends. It must be one of `tickets`. */
export function finishTime(ticket: Ticket, { tickets, speed, meanAudioS }: QueueState): number {
  const ownS = ticket.remainingS(meanAudioS);
  let audioS = ownS;
  let isEarlier = true;
  for (const other of tickets) {
    if (other === ticket) {
      isEarlier = false;
      continue;
    }
    const otherS = other.remainingS(meanAudioS);
    const dueS = dueMs(other) - dueMs(ticket);
    if (dueS !== 0) audioS += dueS < 0 ? otherS : 0;
    else if (Math.min(ownS, otherS) >= longS) audioS += Math.min(ownS, otherS);
    else if (otherS < ownS || (otherS === ownS && isEarlier)) audioS += otherS;
  }
  return audioS / speed;
}

/** Returns the estimated times in seconds until the first and the last of the transcriptions end. 0 without any. */
export function finishTimes(state: QueueState): { readonly first: number; readonly last: number } {
  let next: Ticket | null = null;
  let audioS = 0;
  for (const ticket of state.tickets) {
    audioS += ticket.remainingS(state.meanAudioS);
    if (next === null || isBefore(ticket, next, state.meanAudioS)) next = ticket;
  }
  const first = next === null ? 0 : finishTime(next, state);
  return { first, last: audioS / state.speed };
}

// --- internal ---

function isBefore(ticket: Ticket, other: Ticket, meanAudioS: number): boolean {
  const due = dueMs(ticket) - dueMs(other);
  return (due || ticket.remainingS(meanAudioS) - other.remainingS(meanAudioS)) < 0;
}

/** A transcription without a deadline is due after all others. */
function dueMs(ticket: Ticket): number {
  return ticket.dueMs ?? Number.MAX_SAFE_INTEGER;
}
