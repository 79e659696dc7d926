import { Parser } from "commonmark";
import { readText } from "../../script/guest/locate.ts";
import { serve } from "../../script/guest/serve.ts";

const MOST_BYTES = 4 * 1024 * 1024;
/** Sections and links that an answer lists; their counts are whole. */
const MOST_LISTED = 5000;

interface Section {
  readonly level: number;
  readonly title: string;
  readonly line: number;
}

interface Link {
  readonly url: string;
  readonly text: string;
  readonly line: number;
  readonly image: boolean;
}

const parser = new Parser();

function words(text: string): number {
  return text.match(/[^\s\p{P}\p{S}]+(?:['’\p{P}][^\s\p{P}\p{S}]+)*/gu)?.length ?? 0;
}

serve(({ path }: { readonly path: string }) => {
  const { text } = readText(path, MOST_BYTES);
  const sections: Section[] = [];
  const links: Link[] = [];
  let [wordCount, linkCount, codeBlockCount, sectionCount] = [0, 0, 0, 0];
  let line = 1;
  /** The text of the headings and links that are open. */
  const open: string[] = [];
  const block: string[] = [];
  const countBlock = (): void => {
    wordCount += words(block.join(""));
    block.length = 0;
  };
  const walker = parser.parse(text).walker();
  for (let step = walker.next(); step !== null; step = walker.next()) {
    const { entering, node } = step;
    if (node.sourcepos !== undefined && node.sourcepos !== null) line = node.sourcepos[0][0];
    switch (node.type) {
      case "heading":
      case "link":
      case "image": {
        if (entering) {
          open.push("");
          break;
        }
        const inside = (open.pop() ?? "").trim();
        if (node.type === "heading") {
          sectionCount++;
          if (sections.length < MOST_LISTED) sections.push({ level: node.level, title: inside, line });
          countBlock();
        } else {
          linkCount++;
          const image = node.type === "image";
          if (links.length < MOST_LISTED) links.push({ url: node.destination ?? "", text: inside, line, image });
          if (open.length > 0) open[open.length - 1] += inside;
        }
        break;
      }
      case "paragraph":
        if (!entering) countBlock();
        break;
      case "code_block":
        codeBlockCount++;
        break;
      case "text":
      case "code":
        block.push(node.literal ?? "");
        if (open.length > 0) open[open.length - 1] += node.literal ?? "";
        break;
      case "softbreak":
      case "linebreak":
        block.push(" ");
        if (open.length > 0) open[open.length - 1] += " ";
        break;
    }
  }
  return {
    sections,
    section_count: sectionCount,
    word_count: wordCount,
    link_count: linkCount,
    links,
    code_block_count: codeBlockCount,
  };
});
