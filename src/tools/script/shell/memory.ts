import { type BufferEncoding, type FileContent, InMemoryFs } from "just-bash/browser";

const NOTHING = "/dev/null";

type Options = BufferEncoding | { readonly encoding?: BufferEncoding };

/** Everything outside the granted roots, gone after the call. `/dev/null` keeps nothing of what is written to it. */
export class Memory extends InMemoryFs {
  override async writeFile(path: string, content: FileContent, options?: Options): Promise<void> {
    if (path !== NOTHING) await super.writeFile(path, content, options);
  }

  override async appendFile(path: string, content: FileContent, options?: Options): Promise<void> {
    if (path !== NOTHING) await super.appendFile(path, content, options);
  }
}
