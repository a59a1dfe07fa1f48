import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { rowOf } from '../../support/matrix.ts';
import { permissionsDocument, permissionsFile } from './permissions-document.ts';
import { readRules } from './read-rules.ts';

test('PERMISSIONS.md says what the router declares; `npm run docs` writes it', async () => {
  expect(readFileSync(permissionsFile, 'utf8')).toBe(await permissionsDocument());
});

test('what is for members and what is open is so in the matrix that B1 asks by', () => {
  const said = readRules().map(({ procedure, isOpen, permission, roles }) => ({
    procedure,
    isOpen,
    isForMembers: rowOf(procedure).org !== null && permission !== null && roles.includes('MEMBER'),
  }));
  expect(said).toEqual(
    readRules().map(({ procedure }) => ({
      procedure,
      isOpen: rowOf(procedure).isOpen === true,
      isForMembers: rowOf(procedure).isForMembers === true,
    })),
  );
});
