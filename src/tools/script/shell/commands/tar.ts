// tar, as GNU tar 1.34 has it, for archives that are not compressed or are by gzip.
import { gzipSync } from "fflate";
import { latin1 } from "../../../../script/guest/text-encoding.ts";
import { type Bytes, bytesOf, concatenated, numbersOf } from "./bytes.ts";
import { command, type Done, Failure, type Given, reasonOf } from "./command.ts";
import { gunzipped, isGzip, MOST_UNPACKED } from "./gunzip.ts";
import { collected } from "./tar/collecting.ts";
import { Extraction } from "./tar/extracting.ts";
import { blocksOf, type Contents, endOf, type Found, type Member, membersOf } from "./tar/format.ts";
import { Chosen, excludedBy, fatal, namedIn } from "./tar/naming.ts";
import { Report } from "./tar/report.ts";
import { noProgram, USAGE, type Words, wordsOf } from "./tar/words.ts";

/** What other compressed files begin with, and their suffixes. */
const PACKED: readonly (readonly [program: string, magic: string, suffix: RegExp])[] = [
  ["bzip2", "BZh", /\.(bz2|tbz2?|tz2)$/],
  ["xz", "\xfd7zXZ\0", /\.(xz|txz)$/],
  ["zstd", "\x28\xb5\x2f\xfd", /\.(zst|tzst)$/],
  ["lzip", "LZIP", /\.lz$/],
  ["lzma", "]\0\0", /\.(lzma|tlz)$/],
];
const HELP = `Usage: tar [OPTION...] [FILE]...
GNU 'tar' saves many files together into a single tape or disk archive, and can
restore individual files from the archive. Archives are read and written plain or with gzip (-z).

  -c create  -x extract  -t list  -r append  -u update  -A catenate  --delete
  -f FILE  -z  -a  -v  -C DIR  -T FILE  -X FILE  --exclude=PATTERN  --strip-components=N  -O  -k  -p  -h  -m  -P
`;

export const tar = command(
  "tar",
  { flags: "", values: "", help: HELP },
  (given) => run(given, wordsOf(given.operands)),
  (words) => ["--", ...words],
);

async function run(given: Given, words: Words): Promise<Done> {
  const { mode, flags, values } = words;
  if (mode === "d") throw new Failure("-d is not to be had here: extract to another folder and use diff -r", 2);
  const format = values.get("format") ?? "gnu";
  if (!/^(gnu|oldgnu)$/.test(format)) throw new Failure(`${format}: only archives of format gnu are written here`, 2);
  const program = values.get("program") ?? "gzip";
  if (!/^(\S*\/)?(gzip|pigz)( -\d)?$/.test(program)) throw noProgram(program);
  const report = new Report();
  const done =
    mode === "x" || mode === "t" ? await readArchive(given, words, report) : await write(given, words, report);
  if (report.failed) report.warn("Exiting with failure status due to previous errors");
  const lines = report.listed.map((line) => `${bytesOf(line)}\n`).join("");
  const errors = report.errors.map((line) => `${line}\n`).join("");
  const toStdout = mode === "x" ? flags.has("to-stdout") : mode !== "t" && (values.get("file") ?? "-") === "-";
  return {
    stdout: toStdout ? (done ?? "") : lines,
    stderr: toStdout ? lines + errors : errors,
    exitCode: report.failed ? 2 : 0,
  };
}

/** The bytes of an archive as they are inside any compression. */
async function bytesIn(given: Given, name: string, flags: ReadonlySet<string>, packable = true): Promise<Bytes> {
  let bytes: Bytes;
  try {
    bytes =
      name === "-" ? numbersOf(given.stdin) : ((await given.context.fs.readFileBuffer(given.path(name))) as Bytes);
  } catch (error) {
    throw fatal(`${name}: Cannot open: ${reasonOf(error)}`);
  }
  const start = latin1(bytes.subarray(0, 6));
  const packed = PACKED.find(([, magic]) => start.startsWith(magic));
  if (packed !== undefined) throw noProgram(packed[0]);
  if (!isGzip(bytes)) {
    if (flags.has("gzip") && bytes.length > 0)
      throw fatal("gzip: stdin: not in gzip format\ntar: Child returned status 1");
    return bytes;
  }
  if (!packable) throw new Failure(`Cannot update compressed archives\n${USAGE}`, 2);
  if (name === "-" && !flags.has("gzip")) throw fatal("Archive is compressed. Use -z option");
  const unpacked = gunzipped(bytes);
  if (unpacked === "too large")
    throw fatal(`${name}: comes to more than ${MOST_UNPACKED} bytes, which is too large here`);
  if (unpacked === "truncated") throw fatal("gzip: stdin: unexpected end of file\ntar: Child returned status 1");
  if (unpacked === "damaged") throw fatal("gzip: stdin: invalid compressed data\ntar: Child returned status 1");
  return unpacked;
}

function sayProblems({ problems, lone }: Contents, report: Report): void {
  for (const problem of problems) report.fail(problem);
  if (lone !== undefined) report.warn(`A lone zero block at ${lone}`);
}

async function readArchive(given: Given, words: Words, report: Report): Promise<string> {
  const { mode, flags, values, verbose } = words;
  const file = values.get("file") ?? "-";
  const strip = Number(values.get("strip") ?? 0);
  if (!Number.isSafeInteger(strip) || strip < 0)
    throw new Failure(`${values.get("strip")}: Invalid number of elements\n${USAGE}`, 2);
  const { names, folder } = await namedIn(words, given);
  const contents = membersOf(await bytesIn(given, file, flags));
  const excluded = await excludedBy(words, given);
  const chosen = new Chosen(names, folder, flags);
  const extraction = new Extraction(given.context.fs, report, flags);
  const top = flags.has("top") ? (values.get("one-top-level") ?? topOf(file)) : undefined;
  sayProblems(contents, report);
  for (const member of contents.members) {
    const to = chosen.folderOf(member.name);
    if (to === undefined || excluded(member.name)) continue;
    const inside = flags.has("absolute") ? member.name : report.safe(member.name, "member names");
    const name = placed(inside, strip, top);
    const listed = flags.has("shown") ? (name ?? "") : member.name;
    if (mode === "t") report.listed.push(report.line(member, listed, verbose > 0, flags));
    if (mode === "t" || name === undefined) continue;
    if (!flags.has("absolute") && member.name.split("/").includes("..")) {
      report.fail(`${member.name}: Member name contains '..'`);
      continue;
    }
    if (verbose > 0) report.listed.push(report.line(member, listed, verbose > 1, flags));
    const linked =
      flags.has("absolute") || member.kind !== "1" ? member.target : report.safe(member.target, "hard link targets");
    await extraction.take(member, to, name, member.kind === "1" ? (placed(linked, strip, top) ?? linked) : linked);
  }
  await extraction.end();
  if (contents.broken) {
    report.fail("Unexpected EOF in archive");
    report.warn("Error is not recoverable: exiting now");
  }
  chosen.sayMissing(report);
  return extraction.printed.join("");
}

/** A name without its first components and below the top folder; undefined where none are left. */
function placed(name: string, strip: number, top: string | undefined): string | undefined {
  const rest =
    strip === 0
      ? name
      : name
          .split("/")
          .filter((part, i) => part !== "" || i > 0)
          .slice(strip)
          .join("/");
  if (rest === "" || rest === "/") return undefined;
  return top === undefined || rest === top || rest.startsWith(`${top}/`) ? rest : `${top}/${rest.replace(/^\.\//, "")}`;
}

const topOf = (file: string): string => (file.split("/").pop() as string).replace(/\.(tar(\.\w+)?|tgz|taz)$/, "");

async function write(given: Given, words: Words, report: Report): Promise<string | undefined> {
  const { mode, flags, values, verbose } = words;
  const file = values.get("file") ?? "-";
  const archive = file === "-" ? undefined : given.path(file);
  const { names } = await namedIn(words, given);
  const packed = PACKED.find(([, , suffix]) => flags.has("auto") && suffix.test(file));
  if (packed !== undefined) throw noProgram(packed[0]);
  const gzip = flags.has("gzip") || values.has("program") || (flags.has("auto") && /\.(gz|tgz|taz)$/.test(file));
  if (mode === "c" && names.length === 0 && !words.items.some(({ kind }) => kind === "list"))
    throw new Failure(`Cowardly refusing to create an empty archive\n${USAGE}`, 2);
  if (mode !== "c" && gzip) throw new Failure(`Cannot update compressed archives\n${USAGE}`, 2);
  const parts: Uint8Array[] = [];
  let old: readonly Found[] = [];
  if (mode !== "c" && (mode === "delete" || archive === undefined || (await given.context.fs.exists(archive)))) {
    const bytes = await bytesIn(given, file, flags, false);
    const contents = membersOf(bytes);
    sayProblems(contents, report);
    if (contents.broken) throw fatal("Unexpected EOF in archive");
    if (report.failed) throw fatal(report.errors.map((line) => line.replace(/^tar: /, "")).join("\ntar: "));
    const chosen = new Chosen(names, "", flags);
    old =
      mode === "delete" ? contents.members.filter(({ name }) => chosen.folderOf(name) === undefined) : contents.members;
    if (mode === "delete") chosen.sayMissing(report);
    parts.push(...old.map(({ from, to }) => bytes.subarray(from, to)));
  }
  let dumped: readonly string[] = [];
  if (mode === "A") {
    for (const { text } of names) {
      const bytes = await bytesIn(given, text, flags, false);
      parts.push(...membersOf(bytes).members.map(({ from, to }) => bytes.subarray(from, to)));
    }
  } else if (mode !== "delete") {
    const times = new Map(old.map(({ name, mtime }) => [name, mtime]));
    const wanted = (name: string, mtime: number): boolean => mode !== "u" || mtime > (times.get(name) ?? -1);
    const { members, paths } = await collected(words, given, report, names, archive, wanted);
    const list = (member: Member): number => report.listed.push(report.line(member, member.name, verbose > 1, flags));
    if (verbose > 0) members.forEach(list);
    for (const member of members) parts.push(...blocksOf(member));
    dumped = paths;
  }
  const length = parts.reduce((total, part) => total + part.length, 0);
  if (length > MOST_UNPACKED)
    throw fatal(`${file}: would be of more than ${MOST_UNPACKED} bytes, which is too large here`);
  const plain = concatenated([...parts, endOf(length)]);
  const bytes = gzip ? (gzipSync(plain, { level: 6, mtime: 0 }) as Bytes) : plain;
  if (archive === undefined) return latin1(bytes);
  try {
    await given.context.fs.writeFile(archive, bytes);
  } catch (error) {
    throw fatal(`${file}: Cannot open: ${reasonOf(error)}`);
  }
  if (flags.has("remove"))
    for (const path of [...dumped].reverse())
      await given.context.fs.rm(path).catch((error) => report.fail(`${path}: Cannot unlink: ${reasonOf(error)}`));
  return undefined;
}
