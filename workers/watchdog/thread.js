// JavaScript, because a thread that has to take the types out of a file takes 20 MB for it.
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

const { beats, everyMs, patience } = workerData;

let last = -1;
let unchanged = 0;
setInterval(() => {
  const beat = Atomics.load(beats, 0);
  unchanged = beat === last ? unchanged + 1 : 0;
  last = beat;
  if (unchanged < patience) return;
  // The logger belongs to the thread that is stuck.
  writeSync(2, `${JSON.stringify({ level: 'fatal', msg: 'the event loop is stuck' })}\n`);
  process.kill(process.pid, 'SIGKILL');
}, everyMs);
