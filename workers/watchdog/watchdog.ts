import { Worker } from 'node:worker_threads';

/** What thread.js is told. */
interface Watch {
  /** Raised by the watched thread while its event loop turns. */
  readonly beats: Int32Array<SharedArrayBuffer>;
  readonly everyMs: number;
  /** So many looks in a row without a new beat are the end. */
  readonly patience: number;
}

/**
 * Ends this process, at once, when its event loop has not turned for `stuckMs`: a job that loops for
 * ever has lost its claim by then, and would keep the others of this process, and the next attempt's
 * process as well. Whoever started the process starts it again; the job ends as a dead letter.
 * Looks are counted rather than time, so a machine that was asleep is not mistaken for a loop.
 */
export function startWatchdog({ stuckMs = 20_000 } = {}): void {
  const everyMs = stuckMs / 10;
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const watch: Watch = { beats, everyMs, patience: 10 };
  const thread = new Worker(new URL('thread.js', import.meta.url), {
    workerData: watch,
    // Not ours: a profile of this thread would be written over that of the thread it watches.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 },
  });
  thread.unref();
  setInterval(() => void Atomics.add(beats, 0, 1), everyMs / 2).unref();
}
