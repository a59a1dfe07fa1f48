import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../logger.ts';

/** NOTIFY channels and what their payload is. */
export type Channel =
  /** Payload: `user:<id>` or `key:<id>`. What is cached of it is no longer true. */
  | 'basekeep_principal'
  /** Payload: the id of a connection draft whose report is written. */
  | 'basekeep_verified'
  /** Payload: the id of a request to reveal a credential that has its answer. */
  | 'basekeep_revealed'
  /** Payload: the key of a quota that is used up. Whoever holds some of it gives it back. */
  | 'basekeep_quota';

export interface Listener {
  /** Whether notifications arrive. While false, nothing that depends on them may be cached. */
  readonly connected: boolean;
  on(channel: Channel, heard: (payload: string) => void): () => void;
  /** Called whenever the connection was lost or made anew: notifications may have been missed. */
  onGap(gap: () => void): void;
  close(): Promise<void>;
}

/**
 * One LISTEN connection per process, from `opened` on, made again with backoff (0.1 s to 5 s) for as long
 * as it takes.
 */
export function startListener(
  databaseUrl: string,
  channels: readonly Channel[],
  log: Logger,
  opened: Promise<void> = Promise.resolve(),
): Listener {
  const heard = new Map<string, Set<(payload: string) => void>>(
    channels.map((c) => [c, new Set()]),
  );
  const gaps = new Set<() => void>();
  const stop = new AbortController();
  let connected = false;
  let client: pg.Client | undefined;

  const listen = async (): Promise<void> => {
    client = new pg.Client({
      connectionString: databaseUrl,
      application_name: 'basekeep-listen',
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    });
    const ended = new Promise<void>((resolve) => client?.once('end', resolve));
    client.on('error', () => undefined); // 'end' follows; without a listener it would end the process
    client.on('notification', ({ channel, payload }) => {
      for (const callback of heard.get(channel) ?? []) callback(payload ?? '');
    });
    try {
      await client.connect();
      await client.query(channels.map((channel) => `listen ${channel}`).join(';'));
      connected = true;
      for (const gap of gaps) gap();
      await Promise.race([ended, pingUntilDead(client, stop.signal)]);
    } finally {
      connected = false;
      for (const gap of gaps) gap();
      await client.end().catch(() => undefined);
    }
  };

  const run = async (): Promise<void> => {
    await Promise.race([opened, once(stop.signal, 'abort')]);
    for (let attempt = 0; !stop.signal.aborted; attempt += 1) {
      await listen().then(
        () => (attempt = 0),
        (error: unknown) => log.warn({ err: error, attempt }, 'waiting for PostgreSQL to listen'),
      );
      await pause(Math.min(5_000, 100 * 2 ** attempt), stop.signal);
    }
  };
  const done = run();

  return {
    get connected() {
      return connected;
    },
    on(channel, callback) {
      heard.get(channel)?.add(callback);
      return () => heard.get(channel)?.delete(callback);
    },
    onGap: (gap) => void gaps.add(gap),
    async close() {
      stop.abort();
      // One that is connecting would never hear that it was ended: it goes as soon as it has connected.
      if (connected) await client?.end().catch(() => undefined);
      await done;
    },
  };
}

// A connection whose other end vanished without a word looks alive; 10 s bounds how long.
async function pingUntilDead(client: pg.Client, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await pause(5_000, signal);
    const answered = await Promise.race([
      client.query('select 1').then(
        () => true,
        () => false,
      ),
      delay(5_000, false),
    ]);
    if (!answered) return;
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined);
