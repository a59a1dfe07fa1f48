import type { FailureText } from './failure-text.ts';

/** What can go wrong with a data source that is a file. Part of `connectionFailures`. */
export const fileFailures = {
  FILE_NOT_FOUND: {
    actor: 'Basekeep operator',
    advice: "Check the name; files lie in your organization's own folder, below DUCKDB_ROOT.",
    message: "There is no such file in your organization's folder for database files.",
    fields: { databaseName: 'File not found' },
  },
  FILES_NOT_CONFIGURED: {
    actor: 'Basekeep operator',
    advice:
      "Have DUCKDB_ROOT of the workers set, and in it a folder made that has your organization's id as its name and that they can read.",
    message: 'This installation has no folder for the database files of your organization.',
    fields: { databaseName: 'There is no folder for files of your organization' },
  },
  FILE_NOT_ALLOWED: {
    actor: 'you',
    advice: 'Give the path of a file relative to the folder for database files: sales/shop.duckdb.',
    message: 'The name does not lead to an ordinary file in the folder for database files.',
    fields: { databaseName: 'Not a file in the folder for database files' },
  },
  FILE_UNREADABLE: {
    actor: 'Basekeep operator',
    advice: 'Give the user of the workers the right to read the file and its folders.',
    message: 'The workers may not read the file.',
    fields: { databaseName: 'The file cannot be read' },
  },
  FILE_LOCKED: {
    actor: 'you',
    advice: 'Close the database where it is open for writing; it will be tried again by itself.',
    message: 'Another process has the file open for writing.',
    fields: { databaseName: 'The file is in use' },
  },
  FILE_CORRUPT: {
    actor: 'you',
    advice: 'Open the file with DuckDB itself, and put a checked copy of it in its place.',
    message: 'The file is not a database of this dialect, or it is damaged.',
    fields: { databaseName: 'Not a database file, or damaged' },
  },
  FILE_VERSION_UNSUPPORTED: {
    actor: 'you',
    advice: 'Write the file with an older storage version, or have the workers updated.',
    message: 'The file has a storage version that the installed engine cannot read.',
    fields: { databaseName: 'Written by another version' },
  },
  FILE_ENCRYPTED: {
    actor: 'you',
    advice: 'Put a copy of the database without encryption in its place.',
    message: 'The file is encrypted, and encrypted files are not supported.',
    fields: { databaseName: 'The file is encrypted' },
  },
  FILE_READER_FAILED: {
    actor: 'Basekeep operator',
    advice: 'Look for a lack of memory on the workers; if there is none, check the file.',
    message: 'The process that read the file ended before its work was done.',
  },
} as const satisfies Record<string, FailureText>;
