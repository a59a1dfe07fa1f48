/** Something that is measured in turns with others. */
export type Sides<Name extends string, Result> = Readonly<Record<Name, () => Promise<Result>>>;

/**
 * Runs every side once per round, forwards and backwards in turn (A B, B A, A B), so that neither a
 * slow drift nor the order favours one. Results by side, in the order of the rounds.
 */
export async function interleave<Name extends string, Result>(
  rounds: number,
  sides: Sides<Name, Result>,
): Promise<Record<Name, Result[]>> {
  const names = Object.keys(sides) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    Result[]
  >;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      results[name].push(await sides[name]());
    }
  }
  return results;
}
