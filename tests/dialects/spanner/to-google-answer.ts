import { z } from 'zod';
import type { StandInAnswer } from '../../stand-ins/http-stand-in.ts';
import type { EmulatorAnswer } from '../google/ask-emulator.ts';

/** google.rpc.Code by number, as far as the emulator uses them. */
const codes: { readonly [number: number]: string | undefined } = {
  ...{ 3: 'INVALID_ARGUMENT', 5: 'NOT_FOUND', 6: 'ALREADY_EXISTS', 9: 'FAILED_PRECONDITION' },
  ...{ 10: 'ABORTED', 12: 'UNIMPLEMENTED', 13: 'INTERNAL', 14: 'UNAVAILABLE' },
};

const GatewayError = z.object({ code: z.number(), message: z.string() });
const Part = z.union([z.object({ result: z.unknown() }), z.object({ error: z.unknown() })]);

/**
 * The emulator answers through grpc-gateway: errors have the number of their code and no name, and the
 * parts of a stream come as lines of `{"result":...}`, where Google sends one array.
 */
export function toGoogleAnswer({ status, text }: EmulatorAnswer): StandInAnswer {
  if (status >= 400) return toError(status, JSON.parse(text));
  const lines = text.split('\n').filter((line) => line !== '');
  const parsed = lines.map((line): unknown => JSON.parse(line));
  const parts = z.array(Part).min(1).safeParse(parsed);
  if (!parts.success) return { status, body: parsed[0] };
  const failed = parts.data.find((part) => 'error' in part);
  if (failed && 'error' in failed) return toError(400, failed.error);
  return { status, body: parts.data.map((part) => ('result' in part ? part.result : null)) };
}

function toError(status: number, given: unknown): StandInAnswer {
  const read = GatewayError.safeParse(given);
  const { code, message } = read.success ? read.data : { code: 13, message: '' };
  const name = codes[code] ?? 'UNKNOWN';
  return { status, body: { error: { code: status, message, status: name } } };
}
