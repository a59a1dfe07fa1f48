import { z } from 'zod';
import type { ResponseRecorder } from '../../support/responses.ts';
import type { FuzzAnswer } from './client.ts';
import type { FuzzRequest } from './request.ts';
import type { Target } from './targets.ts';

/** What RPC answers with: its result, or an error whose status is the one of HTTP. */
const RpcAnswer = z.union([
  z.strictObject({ result: z.strictObject({ data: z.unknown() }) }),
  z.strictObject({
    error: z.strictObject({
      code: z.int(),
      message: z.string().min(1),
      data: z.strictObject({
        code: z.string(),
        httpStatus: z.int(),
        errorCode: z.string(),
        requestId: z.string().startsWith('req_'),
        fieldErrors: z.record(z.string(), z.string()).optional(),
        details: z.looseObject({}).optional(),
      }),
    }),
  }),
]);

const slowestMs = 5_000;
/** Less of a path leaves the headers room in what `maxHeaderSize` of server/http takes. */
const leastTooLong = 15_000;

/** What is wrong with an answer by the rules that hold for all of them; null when nothing is. */
export function complaintAbout(
  recorder: ResponseRecorder,
  { transport }: Target,
  { method, path }: FuzzRequest,
  { status, contentType, text, durationMs }: FuzzAnswer,
): string | null {
  if (status >= 500) return `answered ${status} ${text.slice(0, 200)}`;
  // Refused by the reader of heads, before anybody knows whom it is for.
  if (status === 431 && text === '' && path.length > leastTooLong) return null;
  if (durationMs > slowestMs) return `took ${Math.round(durationMs)} ms`;
  try {
    const isJson = contentType?.startsWith('application/json') ?? false;
    const body: unknown = isJson ? JSON.parse(text) : text;
    if (transport !== 'trpc') recorder.check({ method, path, status, contentType, body });
    else {
      const { data: answer } = RpcAnswer.safeParse(body);
      if (!answer) return `answered ${text.slice(0, 400)}`;
      const told = 'error' in answer ? answer.error.data.httpStatus : 200;
      if (told !== status) return `answered ${status}, and ${told} in its body`;
    }
    return null;
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 400) : String(error);
  }
}
