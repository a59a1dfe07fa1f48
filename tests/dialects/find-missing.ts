import { once } from 'node:events';
import { connect } from 'node:net';
import { addressOf, type Service } from './addresses.ts';

const waitMs = 5_000;

/** Why a service cannot be tested against, in a sentence that says what to do; null when it can. */
export async function findMissing(service: Service): Promise<string | null> {
  const { dialect, variable, url } = addressOf(service);
  const socket = connect({ host: url.hostname, port: Number(url.port) });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(waitMs) });
    return null;
  } catch {
    // Every service of the file wants its variables, also those that are not started.
    const command = `POSTGRES_PASSWORD=unused docker compose up --detach --wait ${service}`;
    return `${dialect}: nothing answers at ${url.host}. Start it with "${command}", or name another server in ${variable}.`;
  } finally {
    socket.destroy();
  }
}
