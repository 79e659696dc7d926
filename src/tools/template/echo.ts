import { answerPart, endAnswer, isReply, rawValue, readMessage, theMessage } from "../guest/agent-message.ts";

export function _start(): void {
  readMessage();
  if (!isReply()) {
    answerPart("reply");
    rawValue(theMessage());
  }
  endAnswer();
}
