import { once } from 'node:events';
import path from 'node:path';
import { inheritedEnv } from '../../../server/launcher/children/inherited-env.ts';
import type { BenchRun } from '../bench.ts';
import { cpuMs } from '../stage/resources.ts';
import { startProcess } from '../stage/process.ts';
import { LoadReport, type LoadJob } from './load.ts';

/** A round of load on one server. */
export interface Round extends LoadReport {
  /** CPU of the server's process per answer, in microseconds: hardly moved by a noisy neighbour. */
  readonly cpuPerAnswerUs: number;
}

export interface Generator {
  /** Throws when a single answer was not 2xx. */
  load(server: { url: string; pid: number }, requests: readonly string[]): Promise<Round>;
}

interface Settings {
  readonly durationMs: number;
  readonly connections: number;
  /** A folder for its log. */
  readonly dataDir: string;
}

export function startGenerator(run: BenchRun, settings: Settings): Generator {
  const generator = startProcess({
    file: new URL('generate.ts', import.meta.url),
    env: inheritedEnv(),
    log: path.join(settings.dataDir, 'generator.log'),
  });
  run.stack.defer(() => generator.stop());
  const { connections, durationMs } = settings;
  return {
    async load({ url, pid }, requests) {
      const { hostname, port } = new URL(url);
      const job: LoadJob = {
        host: hostname,
        port: Number(port),
        requests: [...requests],
        connections,
        durationMs,
      };
      await generator.assertAlive();
      const before = await cpuMs(pid);
      generator.child.send(job);
      const [message] = (await once(generator.child, 'message')) as unknown[];
      const report = LoadReport.parse(message);
      if (report.failed > 0) throw new Error(`${url}: ${report.failed} x ${report.firstFailure}`);
      const cpuPerAnswerUs = (((await cpuMs(pid)) - before) / report.answered) * 1_000;
      return { ...report, cpuPerAnswerUs };
    },
  };
}
