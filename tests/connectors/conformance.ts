import { describe, expect, test } from 'vitest';
import { dialectFacts } from '../../shared/dialects.ts';
import { readsCatalogs } from './conformance/catalog.ts';
import { probes } from './conformance/probe.ts';
import { Proofs } from './conformance/proofs.ts';
import { recordFile, recordText } from './conformance/record.ts';
import { type DialectUnderTest, useSubject } from './conformance/subject.ts';
import { encrypts } from './conformance/tls.ts';
import { tunnels } from './conformance/tunnel.ts';

export type { DialectUnderTest, ServerUnderTest } from './conformance/subject.ts';

/**
 * What every connector promises, run against one dialect. What has passed is compared with the
 * dialect's record, from which the README says what connects: `--update` writes the record, and
 * `npm run docs` the README.
 */
export function conforms(under: DialectUnderTest): void {
  describe(under.dialect, () => {
    const proofs = proves(under);

    test('what has passed is what the record says', async () => {
      await expect(await recordText(under, proofs)).toMatchFileSnapshot(recordFile(under.dialect));
    });
  });
}

/** The same against a server that not everybody has, and that the records therefore say nothing of. */
export function conformsElsewhere(under: DialectUnderTest): void {
  describe(under.dialect, () => {
    proves(under);
  });
}

function proves(under: DialectUnderTest): Proofs {
  const subject = useSubject(under);
  const proofs = new Proofs();
  const { isTcp } = dialectFacts[under.dialect];

  describe('a probe', () => probes(subject, proofs));
  if (!subject.isFile) encrypts(subject, proofs);
  describe('a catalog', () => readsCatalogs(subject, proofs));
  if (isTcp) tunnels(subject, proofs);
  return proofs;
}
