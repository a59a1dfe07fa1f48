import type { RestOperation } from '../routes.ts';
import type { Surface } from '../surface.ts';
import { isPage } from '../../paging/paging.ts';
import { inverted, namesOf, type Names } from './names.ts';

/** The names of an operation on a surface: what comes in, how that is told, and what goes out. */
export interface OperationNames {
  readonly incoming: Names | null;
  readonly told: Names | null;
  readonly outgoing: Names | null;
}

/** Null means on each side: as the procedure calls it. */
export function operationNames({ spell }: Surface, operation: RestOperation): OperationNames {
  const { input, output, nameOf } = operation;
  const told = namesOf(input, { io: 'input', spell, spellOutermost: nameOf });
  const given = isPage(output) ? output.shape.items.element : output;
  return {
    incoming: told && inverted(told),
    told,
    outgoing: namesOf(given, { io: 'output', spell }),
  };
}
