import { z } from 'zod';
import { Id } from '../../../shared/ids.ts';

/** 2 MB, as the contract has it. */
export const maxIconBytes = 2 * 1_024 * 1_024;

export const iconTypes = ['image/jpeg', 'image/png'] as const;

export type IconType = (typeof iconTypes)[number];

export const IconRef = z.strictObject({ id: Id });

export const SetIcon = z.strictObject({
  id: Id,
  /** A JPEG or PNG: a file on REST, base64 on RPC. */
  icon: z.base64().max(4 * Math.ceil(maxIconBytes / 3)),
});

/** Where the picture is, for whoever has the address; another picture has another one. */
export const Icon = z.object({ iconUrl: z.url() }).meta({ id: 'OrganizationIcon' });

export const IconOrNone = z
  .object({ iconUrl: z.url().nullable() })
  .meta({ id: 'OrganizationIconOrNone' });

export type SetIcon = z.infer<typeof SetIcon>;
export type Icon = z.infer<typeof Icon>;
