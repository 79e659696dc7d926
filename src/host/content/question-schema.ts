import type { Json, JsonObject } from "../../contract/json.ts";
import { lineAt, listAt, membersOf, objectAt, optional, refuse } from "./members.ts";

/** Fields of one form. */
const MOST_FIELDS = 16;
const MOST_CHOICES = 64;
export const FORMATS = ["email", "uri", "date", "date-time"] as const;
export const FIELD_NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const FIELD_TEXT = 300;

/**
 * A form goes through the client and its log, and whoever has read one cannot be made to forget it, so a field that names a
 * secret is refused (MCP 2025-11-25, client/elicitation, security considerations: servers must not ask for any by a form).
 */
const SECRET =
  /pass[ _-]?(?:word|phrase|code|wd)|secret|credential|(?:api|private|access|signing)[ _-]?key|^token$|(?:access|auth|api|bearer|refresh|session)[ _-]?tokens?$|^(?:pin|cvv|cvc)$|(?:card|account)[ _-]?number|seed[ _-]?phrase|one[ _-]?time[ _-]?code|\botp\b/i;

const COMMON = ["type", "title", "description", "default"];
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  string: [...COMMON, "minLength", "maxLength", "format", "enum", "enumNames", "oneOf"],
  number: [...COMMON, "minimum", "maximum"],
  integer: [...COMMON, "minimum", "maximum"],
  boolean: COMMON,
  array: [...COMMON, "minItems", "maxItems", "items"],
};

/**
 * Checks the schema of a form: a flat object of texts, numbers, truth values and choices, with no more keywords than forms
 * may have, and no text in it that cannot be seen. Throws where it is another (MCP 2025-11-25, client/elicitation,
 * requested schema).
 */
export function checkFormSchema(value: Json | undefined, where: string): JsonObject {
  const schema = membersOf(value, where, ["type", "properties", "required"]);
  if (schema.type !== "object") refuse(`${where}.type`, 'is not "object"');
  const fields = Object.entries(objectAt(schema.properties, `${where}.properties`));
  if (fields.length === 0 || fields.length > MOST_FIELDS)
    refuse(`${where}.properties`, `has ${fields.length} fields: ask for 1 to ${MOST_FIELDS}`);
  for (const [name, field] of fields) checkField(name, field, `${where}.properties`);
  for (const name of optional(schema.required, (one) => listAt(one, `${where}.required`, MOST_FIELDS)) ?? []) {
    if (typeof name !== "string" || !fields.some(([known]) => known === name))
      refuse(`${where}.required`, "names what is no field");
  }
  return schema;
}

function checkField(name: string, value: Json, parent: string): void {
  if (!FIELD_NAME.test(name)) refuse(parent, `has a field whose name is not letters, digits and _, at most 64`);
  const where = `${parent}.${name}`;
  const { type } = objectAt(value, where);
  const known = typeof type === "string" && Object.hasOwn(MEMBERS, type) ? MEMBERS[type] : undefined;
  if (known === undefined) refuse(`${where}.type`, `is not one of ${Object.keys(MEMBERS).join(", ")}`);
  const field = membersOf(value, where, known ?? []);
  const title = optional(field.title, (one) => lineAt(one, `${where}.title`, FIELD_TEXT));
  optional(field.description, (one) => lineAt(one, `${where}.description`, FIELD_TEXT));
  if (SECRET.test(name.replace(/([a-z])([A-Z])/g, "$1_$2")) || (title !== undefined && SECRET.test(title)))
    refuse(where, "asks for a secret, which no form may: let the operator give it, as a variable in env");
  if (type === "string") checkText(field, where);
  else if (type === "array") checkChoices(field, where);
  else if (type !== "boolean") checkBounds(field, where, "minimum", "maximum", Number.isFinite);
  optional(field.default, (one) => {
    if (!isDefault(one, type as string)) refuse(`${where}.default`, `is no ${String(type)}`);
    for (const text of [one].flat())
      if (typeof text === "string" && text !== "") lineAt(text, `${where}.default`, FIELD_TEXT);
  });
}

function checkText(field: JsonObject, where: string): void {
  checkBounds(field, where, "minLength", "maxLength", isCount);
  if (field.format !== undefined && !FORMATS.includes(field.format as (typeof FORMATS)[number]))
    refuse(`${where}.format`, `is not one of ${FORMATS.join(", ")}`);
  if (field.enum !== undefined && field.oneOf !== undefined) refuse(where, "has both enum and oneOf");
  optional(field.enum, (one) => checkNames(one, `${where}.enum`));
  optional(field.oneOf, (one) => checkTitled(one, `${where}.oneOf`));
  optional(field.enumNames, (one) => {
    const names = checkNames(one, `${where}.enumNames`);
    if (names.length !== (field.enum as readonly Json[] | undefined)?.length)
      refuse(`${where}.enumNames`, "are not as many as enum has");
  });
}

function checkChoices(field: JsonObject, where: string): void {
  checkBounds(field, where, "minItems", "maxItems", isCount);
  const items = membersOf(field.items, `${where}.items`, ["type", "enum", "anyOf"]);
  if (items.type !== undefined && items.type !== "string") refuse(`${where}.items.type`, 'is not "string"');
  if ((items.enum === undefined) === (items.anyOf === undefined)) refuse(`${where}.items`, "has to have enum or anyOf");
  optional(items.enum, (one) => checkNames(one, `${where}.items.enum`));
  optional(items.anyOf, (one) => checkTitled(one, `${where}.items.anyOf`));
}

function checkNames(value: Json, where: string): readonly Json[] {
  const all = listAt(value, where, MOST_CHOICES);
  if (all.length === 0) refuse(where, "is empty");
  for (const one of all) lineAt(one, where, FIELD_TEXT);
  return all;
}

function checkTitled(value: Json, where: string): void {
  const all = listAt(value, where, MOST_CHOICES);
  if (all.length === 0) refuse(where, "is empty");
  for (const one of all) {
    const choice = membersOf(one, where, ["const", "title"]);
    lineAt(choice.const, `${where}.const`, FIELD_TEXT);
    lineAt(choice.title, `${where}.title`, FIELD_TEXT);
  }
}

function checkBounds(
  field: JsonObject,
  where: string,
  low: string,
  high: string,
  is: (value: unknown) => boolean,
): void {
  for (const name of [low, high])
    if (field[name] !== undefined && !is(field[name])) refuse(`${where}.${name}`, "is no such number");
  if ((field[low] ?? Number.NEGATIVE_INFINITY) > (field[high] ?? Number.POSITIVE_INFINITY))
    refuse(where, `has a ${low} over its ${high}`);
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function isDefault(value: Json, type: string): boolean {
  if (type === "array") return Array.isArray(value) && value.every((one) => typeof one === "string");
  if (type === "integer") return Number.isSafeInteger(value);
  return typeof value === type;
}
