import { describe, expect, test } from 'vitest';
import { documentOf } from '../../../server/rest/document.ts';
import { operationsOf } from '../../../server/rest/routes.ts';
import { surfaces } from '../../../server/rest/surfaces/index.ts';
import { OpenApi, plain, type Schema } from '../contract-document.ts';
import { contractObjects, type ContractObject } from './contract-objects.ts';
import { surfaceFacts } from './envelopes.ts';
import { isList, isObject, type Field, type Fields } from './fields.ts';

// What our documents promise of each object is what the contracts say of it: names, types, nulls,
// values, what may be left out, and nothing else where a contract is closed.

/** A schema of a document, said as a field of the contracts. */
function fieldOf(schema: unknown, document: OpenApi): Field {
  const parsed = plain(schema, document);
  const types = [parsed.type ?? []].flat();
  const nullable = types.includes('null') ? '|null' : '';
  if (parsed.enum)
    return parsed.enum.map((value) => (typeof value === 'boolean' ? value : String(value)));
  const [type] = types.filter((name) => name !== 'null');
  if (type === 'array') {
    const item = fieldOf(parsed['items'], document);
    return isObject(item) ? { each: item as Fields } : 'string[]';
  }
  if (type === 'object') return parsed.properties ? fieldsOf(parsed, document) : 'record';
  const format = parsed['format'];
  if (format === 'date-time' || format === 'date') return `${format}${nullable}`;
  return `${type}${nullable}` as Field;
}

function fieldsOf({ properties = {}, required = [] }: Schema, document: OpenApi): Fields {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [
      required.includes(name) ? name : `${name}?`,
      fieldOf(schema, document),
    ]),
  );
}

/** The fields of a contract as a document can say them: to it, an id is a text like any other. */
function sayable(fields: Fields, spell: (name: string) => string): Fields {
  const field = (given: Field): Field => {
    if (given === 'id' || given === 'id|null') return given === 'id' ? 'string' : 'string|null';
    if (typeof given === 'string' || Array.isArray(given)) return given;
    const inner = given as Fields | { each: Fields };
    return isList(inner) ? { each: sayable(inner.each, spell) } : sayable(inner, spell);
  };
  return Object.fromEntries(
    Object.entries(fields).map(([name, given]) => [spell(name), field(given)]),
  );
}

describe.each(surfaces)('the document of the $name surface', (surface) => {
  const operations = operationsOf(surface);
  const document = OpenApi.parse(documentOf(surface, operations));
  const { spell } = surfaceFacts[surface.name];

  const cases = Object.entries(contractObjects).flatMap(([name, object]) =>
    Object.entries(object.answers).flatMap(([procedure, status]) => {
      const isHere = object.surfaces?.includes(surface.name) ?? true;
      const operation = operations.find((each) => each.procedure === procedure);
      return isHere && operation ? [{ name, object, operation, procedure, status }] : [];
    }),
  );

  test.each(cases)('says of $procedure that it is a $name', ({ object, operation, status }) => {
    const path = operation.path.replaceAll(
      /\{(\w+)\}/g,
      (_, field: string) => `{${operation.nameOf(field)}}`,
    );
    const answer =
      document.paths[path]?.[operation.method.toLowerCase()]?.responses[String(status)];
    const shown = contentOf(answer?.content['application/json']?.schema, operation.resource);
    expectFields(fieldsOf(shown, document), object);
  });

  /** The object in the envelope of an answer, or that of each item of a list. */
  function contentOf(schema: unknown, resource: string): Schema {
    const envelope = plain(schema, document);
    const [name] = surface.name === 'keyed' ? [resource] : ['data'];
    const inner = envelope.properties?.[name];
    const content = inner === undefined ? envelope : plain(inner, document);
    return content.type === 'array' ? plain(content['items'], document) : content;
  }

  function expectFields(shown: Fields, { fields, isOpen }: ContractObject): void {
    const wanted = sayable(fields, spell);
    if (isOpen) expect(shown).toMatchObject(wanted);
    else expect(shown).toEqual(wanted);
  }
});
