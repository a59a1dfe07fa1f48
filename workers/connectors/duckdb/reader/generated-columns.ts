/**
 * The positions, from 0, of the generated columns in a CREATE TABLE as DuckDB writes it. No view of
 * its catalog tells their expressions from defaults.
 */
export function generatedColumns(createTable: string): ReadonlySet<number> {
  // Texts and quoted names may hold anything, and the words that are looked for too.
  const bare = createTable.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, 'x');
  const found = new Set<number>();
  let depth = 0;
  let position = 0;
  for (const [token] of bare.matchAll(/[([]|[)\]]|,|GENERATED ALWAYS AS/g)) {
    if (token === '(' || token === '[') depth += 1;
    else if (token === ')' || token === ']') depth -= 1;
    else if (depth !== 1) continue;
    else if (token === ',') position += 1;
    else found.add(position);
  }
  return found;
}
