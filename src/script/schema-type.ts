import type { Json, JsonObject } from "../contract/json.ts";

const DEEPEST = 32;

/**
 * What values of a JSON Schema (2020-12) are, as TypeScript writes it. Keywords that a type cannot say are left out, so a
 * value of the schema always is one of the type; where nothing is known it is `unknown`.
 */
export function typeOfSchema(schema: JsonObject): string {
  return typeAt(schema, schema, 0);
}

function typeAt(schema: Json | undefined, root: JsonObject, depth: number): string {
  if (schema === false) return "never";
  if (!isObject(schema) || depth > DEEPEST) return "unknown";
  const { $ref: reference, const: constant, enum: values, anyOf, oneOf, type } = schema;
  if (typeof reference === "string") return typeAt(definition(root, reference), root, depth + 1);
  if (constant !== undefined) return literal(constant);
  if (Array.isArray(values)) return union(values.map((value) => literal(value as Json)));
  const choices = anyOf ?? oneOf;
  // Beside other members of its own, an alternative says only a part: what all have in common is said instead.
  if (Array.isArray(choices) && type === undefined && schema.properties === undefined) {
    return union(choices.map((choice) => typeAt(choice as Json, root, depth + 1)));
  }
  if (Array.isArray(type)) return union(type.map((one) => typeNamed(String(one), schema, root, depth)));
  return typeof type === "string" ? typeNamed(type, schema, root, depth) : "unknown";
}

function typeNamed(type: string, schema: JsonObject, root: JsonObject, depth: number): string {
  switch (type) {
    case "string":
    case "boolean":
    case "null":
      return type;
    case "number":
    case "integer":
      return "number";
    case "array":
      return `readonly ${bracketed(typeAt(schema.items, root, depth))}[]`;
    case "object":
      return objectType(schema, root, depth);
    default:
      return "unknown";
  }
}

function objectType(
  { properties, required, additionalProperties }: JsonObject,
  root: JsonObject,
  depth: number,
): string {
  const needed = Array.isArray(required) ? required : [];
  const indent = "  ".repeat(depth + 1);
  const members = Object.entries(isObject(properties) ? properties : {}).flatMap(([name, member]) => [
    ...comment(member, indent),
    `${indent}readonly ${/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)}${needed.includes(name) ? "" : "?"}: ${typeAt(member, root, depth + 1)};`,
  ]);
  if (members.length === 0) {
    if (additionalProperties === false) return "Record<string, never>";
    const values = isObject(additionalProperties) ? typeAt(additionalProperties, root, depth + 1) : "unknown";
    return `Readonly<Record<string, ${values}>>`;
  }
  const open = additionalProperties === false ? [] : [`${indent}readonly [name: string]: unknown;`];
  return `{\n${[...members, ...open].join("\n")}\n${"  ".repeat(depth)}}`;
}

function comment(member: Json, indent: string): string[] {
  const description = isObject(member) ? member.description : undefined;
  if (typeof description !== "string") return [];
  return [`${indent}/** ${description.replace(/\s+/g, " ").replaceAll("*/", "* /")} */`];
}

function definition(root: JsonObject, reference: string): Json | undefined {
  const name = /^#\/\$defs\/(.+)$/.exec(reference)?.[1];
  return name !== undefined && isObject(root.$defs) && Object.hasOwn(root.$defs, name) ? root.$defs[name] : undefined;
}

/** The type of one value: what is no text, number, boolean or null is not told apart. */
const literal = (value: Json): string =>
  typeof value === "object" && value !== null ? "unknown" : JSON.stringify(value);

const union = (types: readonly string[]): string => {
  const all = [...new Set(types)];
  return all.includes("unknown") || all.length === 0 ? "unknown" : all.join(" | ");
};

const bracketed = (type: string): string => (/[|\s]/.test(type) && !type.startsWith("{") ? `(${type})` : type);

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
