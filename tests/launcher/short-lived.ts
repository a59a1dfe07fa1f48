/**
 * A child of the launcher that notes each of its starts in the file `NOTES` as one character, says that
 * it is up when `IS_UP` says so, and dies after that, but for the start that `STAYS` counts.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { tellUp, wholeEnv } from '../../shared/channel.ts';

const { NOTES = '', IS_UP, STAYS } = (await wholeEnv()).source;
appendFileSync(NOTES, '.');
if (IS_UP === 'yes') tellUp();
if (readFileSync(NOTES, 'utf8').length === Number(STAYS)) setInterval(() => undefined, 60_000);
else setImmediate(() => process.exit(3));
// As a child ends with its launcher.
process.on('disconnect', () => process.exit());
