import { z } from 'zod';

/** What the generator is asked to do: connection n sends request n, modulo, over and over. */
export const LoadJob = z.object({
  host: z.string(),
  port: z.number(),
  /** Whole requests as they go over the wire. */
  requests: z.array(z.string()).min(1),
  connections: z.number(),
  durationMs: z.number(),
});

export const LoadReport = z.object({
  perSecond: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  answered: z.number(),
  /** Answers other than 2xx, and broken connections; the first one is shown. */
  failed: z.number(),
  firstFailure: z.string().nullable(),
});

export type LoadJob = z.infer<typeof LoadJob>;
export type LoadReport = z.infer<typeof LoadReport>;

/** One request as text, for a connection that is kept. */
export function requestText(
  method: 'GET' | 'POST',
  url: string,
  options: { key: string; body?: object },
): string {
  const { host, pathname, search } = new URL(url);
  const body = options.body === undefined ? '' : JSON.stringify(options.body);
  const lines = [
    `${method} ${pathname}${search} HTTP/1.1`,
    `Host: ${host}`,
    `Authorization: Bearer ${options.key}`,
    ...(body === ''
      ? []
      : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
