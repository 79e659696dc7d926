import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** `mdb.c`, struct MDB_meta behind a page header of 24 bytes (LMDB data format 2, as lmdb-js builds it). */
const META_AT = 24;
const MAGIC = 0xbeefc0de;
const PAGE_SIZE_AT = META_AT + 24;
const LAST_PAGE_AT = META_AT + 120;
const TRANSACTION_AT = META_AT + 128;
const META_END = META_AT + 136;

/** The last pages of a transaction may have been given back before they were written; this many may lack. */
const SLACK_PAGES = 4;

/**
 * Says what is wrong with a database file that must not be mapped: LMDB trusts the file's length, and touching a
 * page behind its end kills the process (SIGBUS). Answers undefined where nothing is, or where the file is empty
 * or of a layout that this check does not know and LMDB judges by itself. Throws the file system's error.
 */
export function findCut(path: string): string | undefined {
  const descriptor = openSync(path, "r");
  try {
    const head = Buffer.alloc(128 * 1024);
    const length = readSync(descriptor, head, 0, head.length, 0);
    // Looked at after what the file says of itself, because others may be writing: pages are written before the head.
    const { size } = fstatSync(descriptor);
    if (size === 0) return undefined;
    if (length < META_END) return `it is damaged: it ends after ${length} bytes`;
    if (head.readUInt32LE(META_AT) !== MAGIC) return "it is damaged: it is not an LMDB file";
    const pageSize = head.readUInt32LE(PAGE_SIZE_AT);
    if (pageSize < 512 || pageSize > 65_536) return "it is damaged: it has no page size";
    let newest = -1n;
    let pages = 0n;
    // Beside LMDB's two meta pages lmdb-js keeps a third, of the last flushed transaction, in the middle of the first.
    for (const at of [0, pageSize / 2, pageSize]) {
      if (at + META_END > length || head.readUInt32LE(at + META_AT) !== MAGIC) continue;
      const transaction = head.readBigUInt64LE(at + TRANSACTION_AT);
      if (transaction < newest) continue;
      newest = transaction;
      pages = head.readBigUInt64LE(at + LAST_PAGE_AT) + 1n;
    }
    const missing = pages - BigInt(Math.floor(size / pageSize));
    return missing > BigInt(SLACK_PAGES) || length < 2 * pageSize
      ? `it is damaged: it was cut off, ${missing} of its ${pages} pages are missing`
      : undefined;
  } finally {
    closeSync(descriptor);
  }
}
