const maxCharacters = 1_024;

// A colon begins a scheme, a drive or `:memory:`; a backslash separates folders on Windows only; a
// tilde is a home folder to some engines; a glob would name more than one file.
const forbidden = /[:\\~*?[\]\p{Cc}]/u;

/**
 * Whether a name can only mean a file below whatever folder it is joined to: a relative path with
 * slashes, none of whose parts leads upwards or is empty. Says nothing about symbolic links.
 */
export function isDatabaseFileName(name: string): boolean {
  if (name.length > maxCharacters || forbidden.test(name)) return false;
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
