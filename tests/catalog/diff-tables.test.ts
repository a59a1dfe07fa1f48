import fc from '../support/fast-check.ts';
import { describe, expect, test } from 'vitest';
import {
  changeRules,
  gravest,
  impacts,
  type ChangeRule,
} from '../../shared/catalog-changes/change-rules.ts';
import { diffTables } from '../../shared/catalog-changes/diff-tables.ts';
import { isWidened } from '../../shared/catalog-changes/type-widening.ts';
import type { CatalogColumn, CatalogTable } from '../../shared/catalog.ts';
import { canonicalDefinition } from '../../workers/sync-schema/definition.ts';
import { column, table } from '../support/sources/fake-connector.ts';
import { arbitraryTable } from './arbitrary-table.ts';

const runs = { numRuns: 500 };

describe('the differences of two definitions', () => {
  test('are none exactly when a sync would see no change', () => {
    fc.assert(
      fc.property(arbitraryTable, arbitraryTable, (a, b) => {
        const isSame = canonicalDefinition(a) === canonicalDefinition(b);
        expect(diffTables(a, b).length === 0).toBe(isSame);
        expect(diffTables(a, structuredClone(a))).toEqual([]);
      }),
      runs,
    );
  });

  test('are none exactly then, also for two that differ in a single member', () => {
    const one = arbitraryTable.chain((a) =>
      arbitraryTable.chain((other) =>
        fc
          .constantFrom(...(Object.keys(a) as (keyof CatalogTable)[]))
          .map((member) => [a, { ...a, [member]: other[member] }] as const),
      ),
    );
    fc.assert(
      fc.property(one, ([a, b]) => {
        const isSame = canonicalDefinition(a) === canonicalDefinition(b);
        expect(diffTables(a, b).length === 0).toBe(isSame);
      }),
      runs,
    );
  });

  test('lead from the columns that were to the columns that are', () => {
    fc.assert(
      fc.property(arbitraryTable, arbitraryTable, (a, b) => {
        const found = diffTables(a, b);
        const named = (rules: ChangeRule[]) =>
          found.flatMap(({ rule, name }) => (rules.includes(rule) && name !== null ? [name] : []));
        const left = a.columns.map(({ name }) => name);
        for (const name of named(['column.removed'])) {
          expect(left).toContain(name);
          left.splice(left.indexOf(name), 1);
        }
        left.push(...named(['column.added', 'column.added_required']));
        expect(left.sort()).toEqual(b.columns.map(({ name }) => name).sort());
      }),
      runs,
    );
  });

  test('read backwards: what one way adds, the other way removes', () => {
    const counted = (a: CatalogTable, b: CatalogTable, end: RegExp) =>
      diffTables(a, b)
        .filter(({ rule }) => end.test(rule))
        .map(({ rule, name }) => `${rule.replace(/\..*/, '')} ${name}`)
        .sort();
    fc.assert(
      fc.property(arbitraryTable, arbitraryTable, (a, b) => {
        expect(counted(a, b, /\.added/)).toEqual(counted(b, a, /\.removed/));
      }),
      runs,
    );
  });

  test('have each a rule with an impact and a reason', () => {
    for (const { impact, reason } of Object.values(changeRules)) {
      expect(impacts).toContain(impact);
      expect(reason.length).toBeGreaterThan(10);
    }
  });
});

/** The rules by which a table of one column, or its column, differs. */
const between = (before: Partial<CatalogTable>, after: Partial<CatalogTable>) =>
  diffTables(table('t', before), table('t', after)).map(({ rule }) => rule);

const cell = (change: Partial<CatalogColumn> = {}): Partial<CatalogTable> => ({
  columns: [{ ...column('id'), ...change }],
});

const more = (change: Partial<CatalogColumn>): Partial<CatalogTable> => ({
  columns: [column('id'), { ...column('more'), ...change }],
});

const index = { name: 'i', method: 'btree', columns: [], includes: [], predicate: null };
const unique = { uniqueKeys: [{ name: 'u', columns: ['id'] }] };

describe('a change is', () => {
  test.each<[string, Partial<CatalogTable>, Partial<CatalogTable>, ChangeRule]>([
    ['a nullable column', cell(), more({}), 'column.added'],
    ['NOT NULL with a default', cell(), more({ nullable: false, default: '0' }), 'column.added'],
    ['a comment', cell(), cell({ comment: 'c' }), 'column.comment_changed'],
    ['a first default', cell(), cell({ default: '0' }), 'column.default_added'],
    ['an index', {}, { indexes: [{ ...index, unique: false }] }, 'index.added'],
  ])('additive: %s', (_, before, after, rule) => {
    expect(between(before, after)).toEqual([rule]);
    expect(changeRules[rule].impact).toBe('additive');
  });

  test.each<[string, Partial<CatalogTable>, Partial<CatalogTable>, ChangeRule]>([
    ['NOT NULL without default', cell(), more({ nullable: false }), 'column.added_required'],
    ['NOT NULL set', cell(), cell({ nullable: false }), 'column.required'],
    ['NOT NULL dropped', cell({ nullable: false }), cell(), 'column.optional'],
    ['a wider type', cell({ type: 'integer' }), cell({ type: 'bigint' }), 'column.type_widened'],
    ['a unique index', {}, { indexes: [{ ...index, unique: true }] }, 'index.added_unique'],
    ['a unique key', {}, unique, 'unique_key.added'],
    ['a lost index', { indexes: [{ ...index, unique: false }] }, {}, 'index.removed'],
  ])('risky: %s', (_, before, after, rule) => {
    expect(between(before, after)).toEqual([rule]);
    expect(changeRules[rule].impact).toBe('risky');
  });

  test.each<[string, Partial<CatalogTable>, Partial<CatalogTable>, ChangeRule]>([
    ['a removed column', more({}), cell(), 'column.removed'],
    ['a narrower type', cell({ type: 'bigint' }), cell({ type: 'integer' }), 'column.type_changed'],
    ['a removed unique key', unique, {}, 'unique_key.removed'],
    [
      'another primary key',
      { primaryKey: { name: 'p', columns: ['id'] } },
      { primaryKey: { name: 'p', columns: ['title'] } },
      'primary_key.changed',
    ],
  ])('breaking: %s', (_, before, after, rule) => {
    expect(between(before, after)).toEqual([rule]);
    expect(changeRules[rule].impact).toBe('breaking');
  });

  test('breaking when it is a rename, which is a removal and an addition', () => {
    expect(between(cell(), cell({ name: 'key' }))).toEqual(['column.removed', 'column.added']);
  });

  test('as grave as the gravest of its differences', () => {
    expect(gravest([])).toBe('additive');
    expect(gravest(['additive', 'breaking', 'risky'])).toBe('breaking');
    expect(gravest(['risky', 'additive'])).toBe('risky');
  });
});

describe('a type is widened', () => {
  test.each([
    ['smallint', 'bigint'],
    ['INT', 'BIGINT'],
    ['real', 'double precision'],
    ['varchar(10)', 'varchar(11)'],
    ['character varying(10)', 'text'],
    ['character varying(10)', 'character varying'],
    ['numeric(10,2)', 'numeric(12,3)'],
    ['numeric(10,2)', 'numeric'],
  ])('from %s to %s, and narrowed the other way', (narrow, wide) => {
    expect(isWidened(narrow, wide)).toBe(true);
    expect(isWidened(wide, narrow)).toBe(false);
  });

  test.each([
    ['numeric(10,2)', 'numeric(11,4)'],
    ['integer', 'text'],
    ['integer', 'real'],
    ['varchar(10)', 'varchar(10)[]'],
    ['timestamp without time zone', 'timestamp with time zone'],
    ['my_type', 'my_other_type'],
    ['"weird(1)"', '"weird(2)"'],
  ])('never from %s to %s', (before, after) => {
    expect(isWidened(before, after)).toBe(false);
  });

  test('never to itself, and never both ways', () => {
    const type = fc.constantFrom(
      ...['tinyint', 'int2', 'smallint', 'int', 'bigint', 'real', 'float8', 'text', 'varchar'],
      ...['varchar(5)', 'varchar(9)', 'numeric', 'numeric(5)', 'numeric(5,2)', 'decimal(7,4)', 'x'],
    );
    fc.assert(
      fc.property(type, type, (a, b) => {
        expect(isWidened(a, a)).toBe(false);
        expect(isWidened(a, b) && isWidened(b, a)).toBe(false);
      }),
    );
  });
});
