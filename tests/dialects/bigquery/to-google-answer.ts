import { z } from 'zod';
import type { StandInAnswer } from '../../stand-ins/http-stand-in.ts';
import type { EmulatorAnswer } from '../google/ask-emulator.ts';

/** What an answer is, by the last parts of what was asked for. */
const kinds: readonly (readonly [path: RegExp, kind: string])[] = [
  [/\/datasets$/, 'bigquery#datasetList'],
  [/\/datasets\/[^/]+$/, 'bigquery#dataset'],
  [/\/tables$/, 'bigquery#tableList'],
  [/\/tables\/[^/]+$/, 'bigquery#table'],
];

const Resource = z.looseObject({});

/**
 * The emulator leaves out what kind of thing an answer is, and of what type a table, where the service
 * always says so. Errors it writes as the service does.
 */
export function toGoogleAnswer({ status, text }: EmulatorAnswer, path: string): StandInAnswer {
  const body: unknown = JSON.parse(text);
  if (status >= 300) return { status, body };
  const kind = kinds.find(([pattern]) => pattern.test(path))?.[1];
  const type = kind === 'bigquery#table' ? { type: 'TABLE' } : {};
  return { status, body: { ...type, ...Resource.parse(body), kind } };
}
