/** JSON values that input checks tend to forget. */
export const hostileValues: readonly unknown[] = [
  ...[
    '',
    ' ',
    '\0',
    'a\0b',
    '\ud800',
    'a\udfff',
    '\ufeff',
    '\u202e',
    '💥'.repeat(50),
    'é'.normalize('NFD'),
  ],
  ...[
    "' or 1=1 --",
    '"; drop table organization',
    '%00',
    '%',
    '../../../etc/passwd',
    '{{7*7}}',
    '${x}',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'null',
    'true',
    '1e400',
    'NaN',
    '\r\nX-Injected: 1',
    '<b>',
  ],
  'a'.repeat(10_001),
  ...[-1, 0, 1.5, 1e308, -1e308, 2 ** 53, 2 ** 31, 2 ** 63, 5e-324, -0],
  ...[null, true, false, [], {}, [[]], [null], [{}], { a: 1 }, { length: 1 }, { toString: 1 }],
  ...[{ then: 1 }, { $ne: null }, { toJSON: 'x' }, JSON.parse('{"__proto__":{"role":"ADMIN"}}')],
  nested(20),
];

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)];
}
