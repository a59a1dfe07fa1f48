import { request } from 'node:http';
import type { Place } from './front.ts';

export interface ClickhouseUser extends Place {
  readonly username: string;
  readonly password: string;
}

/**
 * The answer's text to one statement, on a connection of its own, so that what a test counts is not
 * changed for longer than this.
 */
export function postClickhouse(
  { hostname, port, username, password }: ClickhouseUser,
  statement: string,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const credentials = Buffer.from(`${username}:${password}`).toString('base64');
  const headers = { authorization: `Basic ${credentials}` };
  const asked = request({ hostname, port, method: 'POST', headers, agent: false }, (answer) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.once('error', reject);
    answer.once('end', () => {
      const text = Buffer.concat(chunks).toString();
      if (answer.statusCode === 200) resolve(text);
      else reject(new Error(`${text} in ${statement.slice(0, 500)}`));
    });
  });
  asked.once('error', reject);
  asked.end(statement);
  return promise;
}
