import { format } from 'oxfmt';
import { z } from 'zod';
import type { Dialect } from '../../../shared/dialects.ts';
import { type Depth, type Proofs, type Provable, provable, allDepths } from './proofs.ts';
import type { DialectUnderTest } from './subject.ts';

/** What the suite proved of one dialect, as it is kept beside the suite. */
export const DialectRecord = z.object({
  against: z.string(),
  /** Whether there is no way to connect without TLS. */
  alwaysTls: z.boolean(),
  proven: z.array(z.enum(provable)),
  depth: z.array(z.enum(allDepths)),
});

export type DialectRecord = {
  readonly against: string;
  readonly alwaysTls: boolean;
  readonly proven: readonly Provable[];
  readonly depth: readonly Depth[];
};

export const recordFile = (dialect: Dialect): string =>
  new URL(`./records/${dialect}.json`, import.meta.url).pathname;

/** The record of what has passed by now. */
export async function recordText(under: DialectUnderTest, proofs: Proofs): Promise<string> {
  const record: DialectRecord = {
    against: under.against,
    alwaysTls: under.vendorHost !== undefined,
    proven: proofs.proven,
    depth: proofs.depth,
  };
  const { code } = await format('record.json', JSON.stringify(record), { printWidth: 100 });
  return code;
}
