import { Connection, type Answer } from './connection.ts';
import { LoadJob, type LoadReport } from './load.ts';

/** The load generator, a process of its own: does the jobs it is sent and reports each. */
process.on('message', (message) => {
  void generate(LoadJob.parse(message)).then((report) => process.send?.(report));
});
process.once('disconnect', () => process.exit());

function generate(job: LoadJob): Promise<LoadReport> {
  const durations: number[] = [];
  const failures: Answer[] = [];
  const startedAt = performance.now();
  return new Promise((resolve) => {
    let open = job.connections;
    const finish = (connection: Connection): void => {
      connection.close();
      open -= 1;
      if (open === 0) resolve(reportOf(durations, failures, performance.now() - startedAt));
    };
    for (let n = 0; n < job.connections; n += 1) {
      const request = job.requests[n % job.requests.length] ?? '';
      const connection = new Connection(job, request, (answer) => {
        if (answer.status >= 200 && answer.status < 300) durations.push(answer.durationMs);
        else failures.push(answer);
        const isOver = performance.now() - startedAt >= job.durationMs;
        if (isOver || answer.status === 0) finish(connection);
        else connection.send();
      });
      connection.send();
    }
  });
}

function reportOf(durations: number[], failures: readonly Answer[], tookMs: number): LoadReport {
  const sorted = durations.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  const [first] = failures;
  return {
    perSecond: (sorted.length / tookMs) * 1_000,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    answered: sorted.length,
    failed: failures.length,
    firstFailure: first ? `${first.status} ${first.text.slice(-500)}` : null,
  };
}
