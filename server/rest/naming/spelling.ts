/** How a surface writes the name of a field. */
export type Spelling = (name: string) => string;

/** As procedures write it. */
export const camelCase: Spelling = (name) => name;

/** `sshPrivateKey` as `ssh_private_key`; what is in snake case already stays as it is. */
export const snakeCase: Spelling = (name) =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
