// Calls a tool of the host as the agent, through its gate, by the host call `tool.call`.

import { done, fail, message } from "./errors.ts";
import { heapTop, release, take } from "./heap.ts";
import { answerLength, answer_read } from "./host-answer.ts";
import * as json from "./json-text.ts";
import { sha256Hex } from "./sha256.ts";

// @ts-ignore: decorator
@external("tollgate", "tool.call")
declare function tool_call(request: usize, length: i32): i32;

/** Longest answer that is kept whole, so that it can be sent on; of a longer one only the digest and the size are. */
export const KEPT_BYTES: usize = 32_768;

/** What came of one call. */
@unmanaged
export class ToolAnswer {
  /** 64 hexadecimal digits: of the answer's text, or of the code of the error. */
  digest: usize;
  /** The answer, or the error document; 0 where it was too long to keep. */
  text: usize;
  length: usize;
  isError: bool;
}

/** Calls the tool that a JSON string names with an object of arguments, 0 for none, and fills `into`. */
export function callTool(tool: usize, args: usize, into: ToolAnswer): void {
  const mark = heapTop();
  const length = writeRequest(tool, args);
  const result = tool_call(mark, <i32>length);
  release(mark);
  const size = answerLength(result);
  const at = take(size + 32);
  memory.fill(at + size, 0, 32);
  if (<usize>answer_read(at, 0, <i32>size) != size) unreachable();
  into.isError = result < 0;
  const told = into.isError ? json.member(at, "code") : json.member(at, "answer");
  if (!told) {
    fail("internal");
    message("the host answered a tool call with something else: call again");
    done();
  }
  into.text = into.isError ? at : told;
  into.length = json.lengthOf(into.text);
  into.digest = sha256Hex(told, json.lengthOf(told));
  if (into.length <= KEPT_BYTES) return;
  // Nothing but the digest is kept, at the place of the answer.
  release(at);
  const digest = take(64);
  memory.copy(digest, into.digest, 64);
  into.digest = digest;
  into.text = 0;
}

/** `{"tool":…,"args":…}` at the top of memory, which it takes; answers its length. */
function writeRequest(tool: usize, args: usize): usize {
  const toolLength = json.lengthOf(tool);
  const argsLength = args ? json.lengthOf(args) : 2;
  const at = take(toolLength + argsLength + 32);
  let to = text(at, '{"tool":');
  memory.copy(to, tool, toolLength);
  to = text(to + toolLength, ',"args":');
  if (args) memory.copy(to, args, argsLength);
  else text(to, "{}");
  to = text(to + argsLength, "}");
  return to - at;
}

function text(to: usize, ascii: string): usize {
  const length = <usize>ascii.length;
  for (let i: usize = 0; i < length; i++) store<u8>(to + i, load<u16>(changetype<usize>(ascii) + (i << 1)));
  return to + length;
}
