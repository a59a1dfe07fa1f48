import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';

/**
 * Sends an answer piece by piece, as fast as its reader takes it. One that fails on the way is cut
 * off, which HTTP shows to whoever reads it: half an answer must not look like a whole one.
 */
export async function streamAnswer(
  res: Response,
  contentType: string,
  answer: unknown,
): Promise<void> {
  if (!isIterable(answer)) throw new Error('the procedure gave no stream');
  res.status(200).type(contentType);
  // Throws when the reader leaves, too: the pipeline has ended both sides by then.
  await pipeline(Readable.from(answer), res).catch(() => undefined);
}

const isIterable = (answer: unknown): answer is AsyncIterable<string> =>
  typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;
