import { FileError } from "../../script/guest/errno.ts";
import { type Entry, list, type Place, readFile, status } from "../../script/guest/files.ts";
import { asToolError, locate, statusOf } from "../../script/guest/locate.ts";
import { serve } from "../../script/guest/serve.ts";

/** A larger file is counted, but its lines are not. */
const MOST_READ = 4 * 1024 * 1024;
const LOOKED_AT = 8000;
const LARGEST = 10;
const MOST_TYPES = 100;
const LINE_FEED = 10;

interface Kind {
  files: number;
  bytes: number;
  lines: number;
}

serve(({ path }: { readonly path: string }) => {
  const start = locate(path);
  const kinds = new Map<string, Kind>();
  const largest: { path: string; bytes: number }[] = [];
  let [fileCount, totalLines, totalBytes, folders, unread] = [0, 0, 0, 0, 0];

  const take = (place: Place, name: string): void => {
    const { size } = status(place, false);
    const lines = size > MOST_READ ? 0 : linesIn(place);
    fileCount++;
    totalBytes += size;
    totalLines += lines;
    const dot = name.lastIndexOf(".");
    const type = dot > 0 ? name.slice(dot).toLowerCase() : "";
    const kind = kinds.get(type) ?? { files: 0, bytes: 0, lines: 0 };
    kinds.set(type, { files: kind.files + 1, bytes: kind.bytes + size, lines: kind.lines + lines });
    largest.push({ path: place.path, bytes: size });
    largest.sort((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1));
    largest.length = Math.min(largest.length, LARGEST);
  };

  const walk = (place: Place): void => {
    folders++;
    let entries: Entry[];
    try {
      entries = list(place);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      unread++;
      return;
    }
    for (const { name, type } of entries) {
      const inside = { fd: place.fd, path: place.path === "." ? name : `${place.path}/${name}` };
      try {
        if (type === "directory") walk(inside);
        else if (type === "file") take(inside, name);
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        unread++;
      }
    }
  };

  const { type } = statusOf(start, "look into");
  try {
    if (type === "directory") walk(start);
    else take(start, start.path.split("/").at(-1) as string);
  } catch (error) {
    throw asToolError(error, "look into", start.shown);
  }
  const root = start.shown
    .slice(0, start.shown.length - (start.path === "." ? 0 : start.path.length))
    .replace(/\/$/, "");
  return {
    file_count: fileCount,
    folder_count: type === "directory" ? folders : 0,
    total_lines: totalLines,
    total_bytes: totalBytes,
    file_types: [...kinds]
      .map(([extension, kind]) => ({ extension, ...kind }))
      .sort((a, b) => b.files - a.files || b.bytes - a.bytes || (a.extension < b.extension ? -1 : 1))
      .slice(0, MOST_TYPES),
    largest_files: largest.map((file) => ({ path: `${root}/${file.path}`, bytes: file.bytes })),
    unread,
  };
});

/** Lines of a text file; 0 for one that holds NUL, which no text does. */
function linesIn(place: Place): number {
  const bytes = readFile(place);
  if (bytes.subarray(0, LOOKED_AT).includes(0)) return 0;
  let lines = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) lines++;
  return bytes.length > 0 && bytes.at(-1) !== LINE_FEED ? lines + 1 : lines;
}
