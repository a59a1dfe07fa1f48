import { tellUp, wholeEnv } from '../shared/channel.ts';
import { EnvError, forgetAmbientCredentials, readEnv, type WorkerEnv } from '../shared/env.ts';
import { createLogger } from '../shared/logger.ts';
import { startWatchdog } from './watchdog/watchdog.ts';
import { startWorker } from './worker.ts';

async function main(env: WorkerEnv, left: Promise<void>): Promise<void> {
  const log = createLogger(env.LOG_LEVEL, 'worker');
  // Node's own report would print the message, and with it what a driver put there.
  const die = (error: unknown): void => {
    log.fatal({ err: error }, 'unexpected error');
    process.exit(1);
  };
  process.on('unhandledRejection', die);
  process.on('uncaughtException', die);

  startWatchdog();
  const stopping = new AbortController();
  const starting = startWorker(env, log, stopping.signal);
  const stop = async (): Promise<void> => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    const worker = await starting.catch(() => undefined);
    await worker?.stop();
    log.info('stopped');
    process.exit();
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
  void left.then(stop);

  try {
    await starting;
    log.info('working');
    tellUp();
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  }
}

try {
  const { source, opened, left } = await wholeEnv();
  const env = readEnv('worker', source);
  forgetAmbientCredentials();
  await opened;
  await main(env, left);
} catch (error) {
  if (!(error instanceof EnvError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
