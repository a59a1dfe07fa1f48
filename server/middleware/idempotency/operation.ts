import { createHmac, hkdfSync } from 'node:crypto';
import { canonicalJson } from '../../../shared/canonical-json.ts';

/** An operation that its caller named, as the database may know it: nothing in here can be reversed. */
export interface Operation {
  readonly id: Buffer;
  /** Of what was asked for. Keyed, because a password in it could be guessed from a plain hash. */
  readonly requestDigest: Buffer;
  /** Seals the answer. Nobody has it but who has both the API's secret and the caller's key. */
  readonly answerKey: Buffer;
}

interface Named {
  /** On whose account: two callers with the same key have two operations. */
  readonly account: string;
  readonly procedure: string;
  readonly key: string;
  readonly input: unknown;
}

export function operationOf(
  apiSecret: Uint8Array,
  { account, procedure, key, input }: Named,
): Operation {
  const scope = canonicalJson([account, procedure]);
  const derive = (salt: string, info: string) =>
    Buffer.from(
      hkdfSync('sha256', apiSecret, salt, `basekeep-idempotency-${info}-v1:${scope}`, 32),
    );
  const digestKey = derive('', 'digest');
  const digest = (text: string) => createHmac('sha256', digestKey).update(text).digest();
  return {
    id: digest(canonicalJson({ key })),
    requestDigest: digest(canonicalJson({ input })),
    answerKey: derive(key, 'answer'),
  };
}
