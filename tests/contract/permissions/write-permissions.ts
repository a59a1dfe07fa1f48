import { writeFileSync } from 'node:fs';
import { permissionsDocument, permissionsFile } from './permissions-document.ts';

// `npm run docs`: PERMISSIONS.md says what the router declares.
writeFileSync(permissionsFile, await permissionsDocument());
