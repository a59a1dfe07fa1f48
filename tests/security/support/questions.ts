import { inject } from 'vitest';
import { surfaces } from '../../../server/rest/surfaces/index.ts';
import { overRest, overTrpc, withoutOrganization, type Call } from '../../support/call.ts';
import {
  belongingsNamed as same,
  inputOf,
  procedures,
  rowOf,
  type Belongings,
} from '../../support/matrix.ts';
import { random } from './askers.ts';
import type { Furnished } from './tenants.ts';

const malformed = ['x', "' or 1=1 --", '../..', '\0', 'a'.repeat(101), '%', '$ne', '🗝', 'null'];

/** At night all of them; by day three for each procedure, which take turns. */
function malformedFor(procedure: string): readonly string[] {
  if (inject('size') === 'nightly') return malformed;
  const turn = procedures.indexOf(procedure);
  return [0, 3, 6].map((step) => malformed[(turn + step) % malformed.length] ?? 'x');
}

/** One column of the matrix. */
export interface Question {
  readonly column: string;
  /** What is asked, and the same about ids that nobody has. The answers must not differ. */
  readonly about: Belongings;
  readonly baseline: Belongings;
  readonly extra?: { readonly asked: object; readonly baseline: object };
}

interface Asking {
  readonly home: Furnished;
  readonly victim: Furnished;
  /** False for credentials that are refused whatever they ask. */
  readonly isKnown: boolean;
}

/** The columns of the matrix for one procedure: what `home`'s owner asks about `victim`. */
export function questions(procedure: string, { home, victim, isKnown }: Asking): Question[] {
  const { org, thing } = rowOf(procedure);
  // A dead key is told so before anybody looks at ids; what bad ones do to that, nobody asks.
  const ids = isKnown ? malformedFor(procedure) : [];
  const extra = (field: string) => ({
    column: `own input with an extra ${field}`,
    about: home,
    baseline: home,
    extra: { asked: { [field]: victim.orgId }, baseline: { [field]: random.orgId } },
  });
  const extras = [...(org === 'orgId' ? [] : [extra('orgId')]), extra('organizationId')];
  if (!org) return extras;
  const ofOrganization: Question[] = [
    { column: 'foreign ids', about: victim, baseline: random },
    {
      column: 'foreign organization with own id',
      about: { ...home, orgId: victim.orgId },
      baseline: { ...home, orgId: random.orgId },
    },
  ];
  const ofThing: Question[] = [
    {
      column: 'own organization with foreign id',
      about: { ...victim, orgId: home.orgId },
      baseline: { ...random, orgId: home.orgId },
    },
    {
      column: 'own deleted id',
      about: { ...home.deleted, orgId: home.orgId },
      baseline: { ...random, orgId: home.orgId },
    },
    { column: 'foreign deleted id', about: victim.deleted, baseline: random },
    ...ids.map((id) => ({
      column: `foreign organization with malformed id ${JSON.stringify(id)}`,
      about: { ...same(id), orgId: victim.orgId },
      baseline: { ...same(id), orgId: random.orgId },
    })),
  ];
  const bad = ids.map((id) => ({
    column: `malformed id ${JSON.stringify(id)}`,
    about: same(id),
    baseline: same(id),
  }));
  return [...ofOrganization, ...extras, ...bad, ...(thing ? ofThing : [])];
}

/** The same call about something and about nothing, over one transport. */
export interface Pair {
  readonly transport: string;
  readonly asked: Call;
  readonly nothing: Call;
  /** What a member is told whose role lacks the right, and who says which organization it means. */
  readonly asMember: Call | null;
  /** Whether it leaves out which organization it means. */
  readonly isImplied: boolean;
}

/** What the matrix asks, over each transport. */
export function callsOf(
  procedure: string,
  { about, baseline, extra }: Question,
  home: Furnished,
): Pair[] {
  const [asked, nothing] = [inputOf(procedure, about), inputOf(procedure, baseline)];
  const there = inputOf(procedure, { ...random, orgId: about.orgId });
  const { thing } = rowOf(procedure);
  const isForeign = thing !== undefined && about[thing] !== home[thing] && !extra;
  const pairOf = (
    transport: string,
    over: (input: typeof asked, beside?: object) => Call | null,
  ) => {
    const call = over(asked, extra?.asked);
    const baselineCall = over(nothing, extra?.baseline);
    if (!call || !baselineCall) return [];
    const pair = { transport, asked: call, nothing: baselineCall, asMember: over(there) };
    return [{ ...pair, isImplied: false }];
  };
  return [
    ...pairOf('trpc', (input, beside) => overTrpc(procedure, { ...input, ...beside })),
    // Where the extra field is what a surface calls the organization, it is no extra one.
    ...surfaces
      .filter(({ organizationName }) => !(organizationName in (extra?.asked ?? {})))
      .flatMap((surface) => [
        ...pairOf(surface.name, (input, beside) =>
          overRest(surface, procedure, input, { ...beside }),
        ),
        ...(isForeign
          ? pairOf(`${surface.name} without organization`, (input) =>
              overRest(surface, procedure, withoutOrganization(procedure, input)),
            ).map((pair) => ({ ...pair, asMember: null, isImplied: true }))
          : []),
      ]),
  ];
}
