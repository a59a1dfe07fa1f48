import fc from 'fast-check';

/** Names as a server may have them: all that quotes, separates, ends or breaks a text. */
export const awkwardName = fc.string({
  unit: fc.oneof(fc.constantFrom(...`"\\{},' ;\n\0\ud800éÉ表🗄Aa`.split('')), fc.string()),
  minLength: 1,
  maxLength: 12,
});
