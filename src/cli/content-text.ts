import type { BlockAnnotations, ContentBlock, ContentResult, EmbeddedResource } from "../contract/content.ts";
import { base64Bytes } from "../host/content/base64.ts";
import { bytes, terminalJson } from "./output.ts";

/** A result of blocks for a person: texts as they are, everything else named with its type and size; lines are not escaped yet. */
export function contentLines({ content, structuredContent, isError }: ContentResult): string[] {
  return [
    ...(isError === true ? ["the tool answered with an error:"] : []),
    ...content.flatMap(blockLines),
    ...(structuredContent === undefined ? [] : terminalJson(structuredContent).split("\n")),
  ];
}

function blockLines(block: ContentBlock): string[] {
  const audience = audienceText(block.annotations);
  switch (block.type) {
    case "text":
      return [...(audience === "" ? [] : [`[text${audience}]`]), ...block.text.split("\n")];
    case "image":
    case "audio":
      return [`[${block.mimeType}, ${bytes(base64Bytes(block.data))}${audience}]`];
    case "resource":
      return [
        `[resource ${block.resource.uri}${typed(block.resource.mimeType)}${sizeOf(block.resource)}${audience}]`,
      ].concat(block.resource.text?.split("\n") ?? []);
    case "resource_link": {
      const { uri, name, title, description, mimeType, size } = block;
      const length = size === undefined ? "" : `, ${bytes(size)}`;
      const said = description === undefined ? "" : `: ${description}`;
      return [`[link ${title ?? name} ${uri}${typed(mimeType)}${length}${audience}${said}]`];
    }
  }
}

const typed = (mimeType: string | undefined): string => (mimeType === undefined ? "" : `, ${mimeType}`);
const sizeOf = ({ text, blob }: EmbeddedResource): string =>
  `, ${bytes(blob === undefined ? Buffer.byteLength(text ?? "") : base64Bytes(blob))}`;
const audienceText = (annotations: BlockAnnotations | undefined): string =>
  annotations?.audience === undefined ? "" : `, for the ${annotations.audience.join(" and the ")}`;
