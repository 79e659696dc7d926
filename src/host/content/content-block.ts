import type {
  BlockAnnotations,
  ContentBlock,
  EmbeddedResource,
  LinkBlock,
  MediaBlock,
  ResourceBlock,
} from "../../contract/content.ts";
import type { Json } from "../../contract/json.ts";
import { safeText } from "../../contract/safe-text.ts";
import { isBase64 } from "./base64.ts";
import { lineAt, listAt, membersOf, objectAt, optional, refuse } from "./members.ts";
import { uriProblem } from "./resource-uri.ts";

const TYPES = ["text", "image", "audio", "resource", "resource_link"];
/** RFC 6838 §4.2, with the one parameter that texts have. */
const MIME = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}(?:; ?charset=[a-z0-9-]{1,32})?$/;
const ISO_TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;
const MOST_NAME = 200;
const MOST_DESCRIPTION = 1000;

/**
 * Reads one block of a result as the tool of this name wrote it; throws where anything of it is not as the protocol has it.
 * A text may hold any character: it is the tool's to say and the client's to show. What names or describes a thing may not
 * hold what cannot be seen.
 */
export function readBlock(value: Json, where: string, tool: string): ContentBlock {
  const { type } = objectAt(value, where);
  switch (type) {
    case "text":
      return textBlock(value, where);
    case "image":
    case "audio":
      return mediaBlock(type, value, where);
    case "resource":
      return resourceBlock(value, where, tool);
    case "resource_link":
      return linkBlock(value, where, tool);
    default:
      return refuse(`${where}.type`, `is ${safeText(JSON.stringify(type ?? null), 60)}: use ${TYPES.join(", ")}`);
  }
}

function textBlock(value: Json, where: string): ContentBlock {
  const { text, annotations } = membersOf(value, where, ["type", "text", "annotations"]);
  return { type: "text", text: textAt(text, `${where}.text`), ...annotated(annotations, where) };
}

function mediaBlock(type: MediaBlock["type"], value: Json, where: string): MediaBlock {
  const { data, mimeType, annotations } = membersOf(value, where, ["type", "data", "mimeType", "annotations"]);
  const mime = mimeAt(mimeType, `${where}.mimeType`);
  if (!mime.startsWith(`${type}/`)) refuse(`${where}.mimeType`, `is ${mime}, which is no ${type}`);
  // A picture that can run a script and load others is a document: whoever wants to show it should know.
  if (mime === "image/svg+xml")
    refuse(`${where}.mimeType`, "is image/svg+xml: embed it as a resource, or draw it as image/png");
  const bytes = base64At(data, `${where}.data`);
  if (bytes === "") refuse(`${where}.data`, "is empty");
  return { type, data: bytes, mimeType: mime, ...annotated(annotations, where) };
}

function resourceBlock(value: Json, where: string, tool: string): ResourceBlock {
  const { resource, annotations } = membersOf(value, where, ["type", "resource", "annotations"]);
  const inner = `${where}.resource`;
  const { uri, mimeType, text, blob } = membersOf(resource, inner, ["uri", "mimeType", "text", "blob"]);
  if ((text === undefined) === (blob === undefined)) refuse(inner, 'has to have one of "text" and "blob"');
  const mime = optional(mimeType, (one) => mimeAt(one, `${inner}.mimeType`));
  const read: EmbeddedResource = {
    uri: uriAt(uri, `${inner}.uri`, tool),
    ...(mime !== undefined && { mimeType: mime }),
    ...(text !== undefined ? { text: textAt(text, `${inner}.text`) } : { blob: base64At(blob, `${inner}.blob`) }),
  };
  return { type: "resource", resource: read, ...annotated(annotations, where) };
}

function linkBlock(value: Json, where: string, tool: string): LinkBlock {
  const known = ["type", "uri", "name", "title", "description", "mimeType", "size", "annotations"];
  const { uri, name, title, description, mimeType, size, annotations } = membersOf(value, where, known);
  if (size !== undefined && !(Number.isSafeInteger(size) && (size as number) >= 0))
    refuse(`${where}.size`, "is no number of bytes");
  const given = {
    title: optional(title, (one) => lineAt(one, `${where}.title`, MOST_NAME)),
    description: optional(description, (one) => lineAt(one, `${where}.description`, MOST_DESCRIPTION)),
    mimeType: optional(mimeType, (one) => mimeAt(one, `${where}.mimeType`)),
    size: size as number | undefined,
  };
  return {
    type: "resource_link",
    uri: uriAt(uri, `${where}.uri`, tool),
    name: lineAt(name, `${where}.name`, MOST_NAME),
    ...(Object.fromEntries(Object.entries(given).filter(([, one]) => one !== undefined)) as Partial<LinkBlock>),
    ...annotated(annotations, where),
  };
}

function annotated(value: Json | undefined, block: string): { readonly annotations?: BlockAnnotations } {
  if (value === undefined) return {};
  const where = `${block}.annotations`;
  const { audience, priority, lastModified } = membersOf(value, where, ["audience", "priority", "lastModified"]);
  if (audience !== undefined) {
    const odd = listAt(audience, `${where}.audience`, 2).find((one) => one !== "user" && one !== "assistant");
    if (odd !== undefined) refuse(`${where}.audience`, 'holds another than "user" and "assistant"');
  }
  if (priority !== undefined && !(typeof priority === "number" && priority >= 0 && priority <= 1))
    refuse(`${where}.priority`, "is not a number from 0 to 1");
  if (lastModified !== undefined && !(typeof lastModified === "string" && ISO_TIME.test(lastModified)))
    refuse(`${where}.lastModified`, "is no time as 2026-07-28T12:00:00Z");
  return { annotations: value as BlockAnnotations };
}

const textAt = (value: Json | undefined, where: string): string =>
  typeof value === "string" ? value : refuse(where, "is not a text");

function base64At(value: Json | undefined, where: string): string {
  const text = textAt(value, where);
  return isBase64(text) ? text : refuse(where, "is not base64 with its padding");
}

function mimeAt(value: Json | undefined, where: string): string {
  const text = textAt(value, where);
  if (MIME.test(text)) return text;
  return refuse(where, `is "${safeText(text, 80)}", which is no MIME type in lower case`);
}

function uriAt(value: Json | undefined, where: string, tool: string): string {
  const text = textAt(value, where);
  const wrong = uriProblem(text, tool);
  return wrong === undefined ? text : refuse(where, wrong);
}
