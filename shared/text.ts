import { z } from 'zod';

// PostgreSQL stores neither NUL nor lone surrogates: unrefused they surface as a 500 at flush time.
const isStorable = (value: string): boolean => !value.includes('\0') && value.isWellFormed();

/**
 * The string every input is made of: storable in PostgreSQL, bounded in length (UTF-16 units).
 * Use it instead of `z.string()` wherever a value comes from outside.
 */
export function text(limits: { min?: number; max?: number } = {}): z.ZodString {
  const { min = 0, max = 10_000 } = limits;
  return z
    .string()
    .min(min)
    .max(max)
    .refine(isStorable, 'Must not contain NUL or unpaired surrogate characters');
}
