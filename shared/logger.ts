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
function describeError(error: unknown): { type: string; code?: string; at?: string[] } {
  if (!(error instanceof Error)) return { type: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { type: error.constructor.name, ...(code ? { code } : {}), at: framesOf(error) };
}

// A frame as V8 writes it: `at name (file:///path:1:2)` or `at node:internal/path:1:2`.
const frame =
  /^ {4}at (?:[\w$.#<>[\] ]{1,120} \()?(?:file:\/\/\/|node:|\/)[^\s()]{1,300}:\d+:\d+\)?$/;

/**
 * The first 8 frames of an error. A stack begins with the message, and libraries append whole stacks
 * of other errors: only lines after the message are read, and only those that are frames.
 */
function framesOf({ stack = '', message }: Error): string[] {
  const messageAt = stack.indexOf(message);
  const lines = stack.slice(messageAt < 0 ? 0 : messageAt + message.length).split('\n');
  const first = lines.findIndex((line) => frame.test(line));
  const rest = first < 0 ? [] : lines.slice(first);
  const end = rest.findIndex((line) => !line.startsWith('    at '));
  return rest
    .slice(0, end < 0 ? undefined : end)
    .filter((line) => frame.test(line))
    .slice(0, 8)
    .map((line) => line.trim());
}
