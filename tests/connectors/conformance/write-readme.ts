import { readFileSync, writeFileSync } from 'node:fs';
import { readmeFile, readRecords, withTables } from './readme-tables.ts';

// `npm run docs`: the README says what the records of the conformance suite say.
writeFileSync(readmeFile, await withTables(readFileSync(readmeFile, 'utf8'), readRecords()));
