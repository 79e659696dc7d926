import type { BlockAnnotations, ContentBlock, ContentResult, LinkBlock, MediaBlock } from "../../contract/content.ts";
import type { Json } from "../../contract/json.ts";
import type { Revision } from "./revisions.ts";

/**
 * The members of a result that a document of blocks comes to, as JSON text without the braces. What a revision does not know
 * is a text block that says what was there, so that no client is sent what it cannot read, and nothing is left out silently.
 * An object without blocks beside it is repeated as text (2025-06-18, server/tools, structured content).
 */
export function contentMembers({ content, structuredContent, isError }: ContentResult, revision: Revision): string {
  const blocks: Json[] = content.map((block) => blockFor(block, revision));
  const asText = structuredContent !== undefined && (blocks.length === 0 || !revision.structured);
  if (asText) blocks.push({ type: "text", text: JSON.stringify(structuredContent) });
  let members = `"content":${JSON.stringify(blocks)}`;
  if (structuredContent !== undefined && revision.structured)
    members += `,"structuredContent":${JSON.stringify(structuredContent)}`;
  if (isError === true) members += ',"isError":true';
  return members;
}

function blockFor(block: ContentBlock, revision: Revision): Json {
  const annotated = annotationsFor(block.annotations, revision);
  if (block.type === "audio" && !revision.annotations) return { type: "text", text: mediaText(block), ...annotated };
  if (block.type === "resource_link" && !revision.structured)
    return { type: "text", text: linkText(block), ...annotated };
  const { annotations: _, ...rest } = block;
  return { ...rest, ...annotated } as unknown as Json;
}

/** When a block was last changed can be said from 2025-06-18 on. */
function annotationsFor(annotations: BlockAnnotations | undefined, revision: Revision): { annotations?: Json } {
  if (annotations === undefined) return {};
  if (revision.structured) return { annotations: annotations as unknown as Json };
  const { lastModified: _, ...rest } = annotations;
  return { annotations: rest as unknown as Json };
}

const mediaText = ({ mimeType, data }: MediaBlock): string =>
  `[${mimeType} of ${data.length} base64 characters: this revision of the protocol has no audio]`;

function linkText({ name, uri, mimeType, size, description }: LinkBlock): string {
  const about = [mimeType, size === undefined ? undefined : `${size} bytes`, description].filter(
    (one) => one !== undefined,
  );
  return `[link to ${name}: ${uri}${about.length === 0 ? "" : ` (${about.join(", ")})`}]`;
}
