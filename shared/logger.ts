import { pino, type Logger } from 'pino';

export type { Logger };

/**
 * JSON lines on standard output. Callers log ids, codes and durations; an error is logged by class
 * and code only, because drivers put configurations and values into their messages.
 */
export function createLogger(level: string, process: 'api' | 'worker' | 'launcher'): Logger {
  return pino({
    level,
    base: { process },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: describeError },
  });
}

/** What may be said of an unknown error: its class, its code and where in our code it was thrown. */
export function describeError(error: unknown): { type: string; code?: string; at?: string[] } {
  if (!(error instanceof Error)) return { type: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const frames = (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim());
  return { type: error.constructor.name, ...(code ? { code } : {}), at: frames };
}
