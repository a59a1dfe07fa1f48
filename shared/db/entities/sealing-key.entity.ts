import { defineEntity, p } from '@mikro-orm/core';
import { systemClock } from '../../clock.ts';

/** The vault's public keys that this database has been used with. Exactly one is active. */
export const SealingKey = defineEntity({
  name: 'SealingKey',
  tableName: 'sealing_key',
  properties: {
    kid: p.string().primary(),
    publicKey: p.blob(),
    isActive: p.boolean(),
    createdAt: p.datetime(3).onCreate(() => systemClock.now()),
  },
});
