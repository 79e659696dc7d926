import { AbstractMessageWriter, type Message, type MessageWriter } from "vscode-jsonrpc/node";

/** JSON text that goes into an answer as it is, without being parsed and written again. */
export class RawJson {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

interface Answer extends Message {
  readonly id?: string | number | null;
  readonly result?: unknown;
  readonly method?: string;
}

/** Writes Content-Length frames (LSP 3.17, "Base Protocol") through the bounded writer, in the order of the calls. */
export class FrameWriter extends AbstractMessageWriter implements MessageWriter {
  readonly #send: (message: Uint8Array) => void;
  readonly #answered: (id: string | number) => void;

  /** `send` takes whole frames; `answered` is told the id of each request whose answer was written. */
  constructor(send: (message: Uint8Array) => void, answered: (id: string | number) => void) {
    super();
    this.#send = send;
    this.#answered = answered;
  }

  write(message: Message): Promise<void> {
    this.#send(frame(encode(message)));
    const { id, method } = message as Answer;
    if (method === undefined && id !== undefined && id !== null) this.#answered(id);
    return Promise.resolve();
  }

  end(): void {}
}

/** The pieces of one message's JSON text. */
function encode(message: Message): readonly Uint8Array[] {
  const { id, result } = message as Answer;
  if (!(result instanceof RawJson)) return [Buffer.from(JSON.stringify(message))];
  return [Buffer.from(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`), result.bytes, Buffer.from("}")];
}

function frame(pieces: readonly Uint8Array[]): Uint8Array {
  const length = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
  const header = Buffer.from(`Content-Length: ${length}\r\n\r\n`);
  return Buffer.concat([header, ...pieces], header.length + length);
}
