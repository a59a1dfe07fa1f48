import { format } from 'oxfmt';
import { permissions } from '../../../server/identity/permissions.ts';
import { fullAccess } from '../../../server/identity/principal.ts';
import { surfaces } from '../../../server/rest/surfaces/index.ts';
import { roles } from '../../../shared/roles.ts';
import { rowOf } from '../../support/matrix.ts';
import { grants, readRules, type Rule } from './read-rules.ts';

export const permissionsFile = new URL('../../../server/identity/PERMISSIONS.md', import.meta.url)
  .pathname;

/** PERMISSIONS.md: who may call what, as the router declares it. */
export async function permissionsDocument(): Promise<string> {
  const strict = surfaces.filter(({ adminsOnly }) => adminsOnly).map(({ name }) => name);
  const text = [
    '# Who may call what',
    'Written by `npm run docs` from the router; a test compares it. Do not edit it.',
    `A caller is let in when its role in the organization has the permission **and** its credential has
     the scope of the same name or \`${fullAccess}\`. Sessions have full access. Who is not a member of
     the organization is told that it does not exist; who lacks the permission is answered 403 with its
     name. On the surface ${strict.join(', ')}, only ADMINs get past \`organizations:read\`, and whoever
     lacks a permission is told that the organization does not exist. Data sources that a MEMBER may
     not use do not exist for it. \`GET /api/v1/auth/me\` shows what the caller may do in each of its
     organizations, \`GET /api/v1/api-keys\` what each key may do in this one.`,
    '## Roles',
    table(
      ['permission', ...roles],
      permissions.map((permission) => [
        code(permission),
        ...roles.map((role) => yesIf(grants(role, permission))),
      ]),
    ),
    '## Procedures',
    table(
      ['procedure', 'permission', ...roles, 'scopes that let a key in', 'REST'],
      readRules().map((rule) => [
        code(rule.procedure),
        rule.permission === null ? '' : code(rule.permission),
        ...roles.map((role) => yesIf(rule.roles.includes(role))),
        scopesOf(rule),
        rule.routes.map(code).join('<br>'),
      ]),
    ),
  ].join('\n\n');
  const formatted = await format(permissionsFile, text, { printWidth: 100, proseWrap: 'always' });
  return formatted.code;
}

function scopesOf({ procedure, permission, isOpen }: Rule): string {
  if (isOpen) return 'asks for no credential';
  // Declared in code, not in the router; B2 sees that keys are refused.
  if (rowOf(procedure).needsSession) return 'none: sessions only';
  return permission === null ? 'any' : `${code(permission)} or ${code(fullAccess)}`;
}

const code = (text: string): string => `\`${text}\``;
const yesIf = (is: boolean): string => (is ? 'yes' : '');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [head, head.map(() => '---'), ...rows].map(line).join('\n');
}
