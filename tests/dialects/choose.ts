import { type Service, services } from './addresses.ts';

/** The services that are named, all of them when none is. Throws for a name that is none. */
export function choose(names: readonly string[]): readonly Service[] {
  const unknown = names.filter((name) => !services.some((service) => service === name));
  if (unknown.length > 0) {
    throw new Error(`${unknown.join(', ')}: not one of ${services.join(', ')}`);
  }
  return names.length === 0 ? services : services.filter((service) => names.includes(service));
}
