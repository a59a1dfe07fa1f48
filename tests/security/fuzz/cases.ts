import fc from 'fast-check';
import type { Belongings } from '../../support/matrix.ts';
import { arbitraryOf } from './arbitrary.ts';
import { hostileValues } from './hostile-values.ts';
import { requestOf, type FuzzRequest } from './request.ts';
import type { Target } from './targets.ts';

type Values = Readonly<Record<string, unknown>>;

/** Requests to a target of which seven in ten are wrong in one way or two. */
export function casesOf(
  target: Target,
  of: readonly Belongings[],
  { seed, count }: { seed: number; count: number },
): FuzzRequest[] {
  const right = fc.constantFrom(...of).chain((own) => rightValues(target, target.valid(own)));
  const wrong = fc
    .tuple(right, fc.array(spoiling(target), { minLength: 1, maxLength: 2 }))
    .map(([values, spoilers]) =>
      spoilers.reduce<Spoilt>((spoilt, spoil) => spoil(spoilt), { values }),
    );
  const either = fc.oneof(
    { weight: 3, arbitrary: right.map((values): Spoilt => ({ values })) },
    { weight: 7, arbitrary: wrong },
  );
  return fc
    .sample(either, { seed, numRuns: count })
    .map(({ values, whole }) => requestOf(target, values, whole));
}

/** What is known to be right stays, mostly; everything else is what the schema takes. */
function rightValues({ fields, definitions }: Target, known: Values): fc.Arbitrary<Values> {
  const members = fields.map(({ name, schema }) => {
    const any = arbitraryOf(schema, definitions);
    if (!Object.hasOwn(known, name)) return [name, any] as const;
    const arbitrary = fc.oneof(
      { weight: 9, arbitrary: fc.constant(known[name]) },
      { weight: 1, arbitrary: any },
    );
    return [name, arbitrary] as const;
  });
  const requiredKeys = fields
    .map(({ name }) => name)
    .filter((name) => Object.hasOwn(known, name) || isPath(fields, name));
  // A long list of optional fields is right in few of its combinations: most of them stay away.
  return fc
    .tuple(fc.record(Object.fromEntries(members), { requiredKeys }), fc.nat(3))
    .map(([values, few]): Values =>
      Object.fromEntries(
        Object.entries(values).filter(
          ([name], at) => requiredKeys.includes(name) || at % 4 < few - 1,
        ),
      ),
    );
}

const isPath = (fields: Target['fields'], name: string): boolean =>
  fields.some((field) => field.name === name && field.place === 'path');

interface Spoilt {
  readonly values: Values;
  /** In place of the whole body. */
  readonly whole?: string;
}

type Spoiler = (spoilt: Spoilt) => Spoilt;

const hostile = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...hostileValues) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);

/** Ways to be wrong: a field that is not what it should be, is not there, or should not be there. */
function spoiling({ fields }: Target): fc.Arbitrary<Spoiler> {
  const known = fields.map(({ name }) => name);
  const strange = fc.constantFrom(
    'organizationId',
    'isDemo',
    'role',
    'constructor',
    '',
    'a.b',
    'id ',
  );
  const set =
    (name: string, value: unknown): Spoiler =>
    ({ values, ...rest }) => ({
      ...rest,
      values: { ...values, [name]: value },
    });
  const setAny = (names: fc.Arbitrary<string>) =>
    fc.tuple(names, hostile).map(([name, value]) => set(name, value));
  const without =
    (name: string): Spoiler =>
    ({ values, ...rest }) => ({
      ...rest,
      values: Object.fromEntries(Object.entries(values).filter(([other]) => other !== name)),
    });
  const replaced = fc
    .oneof(
      hostile.map((value) => JSON.stringify(value) ?? ''),
      fc.constantFrom('', '{', '{"a":}', '1 2', '[[', '\0'),
    )
    .map((whole): Spoiler => (spoilt) => ({ ...spoilt, whole }));
  return fc.oneof(
    ...(known.length === 0
      ? []
      : [
          { weight: 6, arbitrary: setAny(fc.constantFrom(...known)) },
          { weight: 2, arbitrary: fc.constantFrom(...known).map(without) },
        ]),
    { weight: 2, arbitrary: setAny(strange) },
    { weight: 1, arbitrary: replaced },
  );
}
