/** What differs between the servers that speak MySQL's protocol, as far as we ask them. */
export interface ServerKind {
  readonly isMariadb: boolean;
  readonly isVitess: boolean;
  /** information_schema.check_constraints: with the table's name in MariaDB only. */
  readonly hasChecks: boolean;
  /** information_schema.statistics.expression, of functional key parts. */
  readonly hasIndexExpressions: boolean;
}

/**
 * The kind of a server by its `version()`: `8.4.3`, `10.11.6-MariaDB-log`, `8.0.30-Vitess`. Vitess
 * shows the version that it was configured with, so it counts as what PlanetScale runs, MySQL 8.
 */
export function serverKindOf(version: string): ServerKind {
  const isMariadb = /mariadb/i.test(version);
  const isVitess = /vitess/i.test(version);
  // MariaDB puts 5.5.5- before its number for old replicas; some proxies show it.
  const numbers = /^(?:5\.5\.5-)?(\d+)\.(\d+)(?:\.(\d+))?/.exec(version) ?? [];
  const [major, minor, patch] = numbers.slice(1).map((part) => Number(part));
  const number = ((major ?? 0) * 1_000 + (minor ?? 0)) * 1_000 + (patch ?? 0);
  return {
    isMariadb,
    isVitess,
    hasChecks: isVitess || number >= (isMariadb ? 10_003_010 : 8_000_016),
    hasIndexExpressions: isVitess || (!isMariadb && number >= 8_000_013),
  };
}
