import git from "isomorphic-git";
import { asToolError, locate, statusOf } from "../../script/guest/locate.ts";
import { serve } from "../../script/guest/serve.ts";
import { ToolError } from "../../script/guest/tool-error.ts";
import { readOnlyFileSystem } from "./git/file-system.ts";

const MOST_MESSAGE = 10_000;

interface Arguments {
  readonly limit?: number;
  readonly path?: string;
}

/** A time with its zone as git keeps it, in RFC 3339. */
function dated(seconds: number, minutesWest: number): string {
  const local = new Date((seconds - minutesWest * 60) * 1000).toISOString().slice(0, 19);
  const [sign, minutes] = [minutesWest > 0 ? "-" : "+", Math.abs(minutesWest)];
  const two = (value: number): string => String(Math.trunc(value)).padStart(2, "0");
  return `${local}${minutes === 0 ? "Z" : `${sign}${two(minutes / 60)}:${two(minutes % 60)}`}`;
}

serve(async ({ limit = 20, path = "." }: Arguments) => {
  const place = locate(path);
  if (statusOf(place, "look into").type !== "directory")
    throw new ToolError("not-a-directory", `cannot look into ${place.shown}: it is not a folder`);
  const fs = readOnlyFileSystem(place.fd);
  const dir = place.path === "." ? "/" : `/${place.path}`;
  try {
    const commits = await git.log({ fs, dir, depth: limit });
    const shown = commits.map(({ oid, commit: { author, message } }) => ({
      hash: oid,
      author: author.name,
      email: author.email,
      date: dated(author.timestamp, author.timezoneOffset),
      message: message.trimEnd().slice(0, MOST_MESSAGE).toWellFormed(),
    }));
    return { commits: shown, count: shown.length };
  } catch (error) {
    const { name, code } = error as { name?: string; code?: string };
    if (code === "NotFoundError" || name === "NotFoundError") {
      const message = `cannot read ${place.shown}: it is not the top of a git repository with commits, or an object is missing: name the folder that holds .git`;
      throw new ToolError("not-a-repository", message);
    }
    if (typeof code === "string" && /^[A-Z]\w+Error$/.test(code))
      throw new ToolError(
        "invalid-repository",
        `cannot read the repository ${place.shown}: ${(error as Error).message.slice(0, 300)}`,
      );
    throw asToolError(error, "read", place.shown);
  }
});
