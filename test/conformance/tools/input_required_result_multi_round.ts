import { type Answer, type Arguments, ask, content, type Host } from "tollgate/tool";

const text = (name: string) =>
  ({ type: "object", properties: { [name]: { type: "string" } }, required: [name] }) as const;

export default function (_: Arguments, host: Host): Answer {
  const { step1, step2 } = host.inputs;
  if (step1 !== undefined) {
    const state = { name: step1.content?.name };
    return ask({ step2: { message: "Step 2: What is your favorite color?", schema: text("color") } }, state);
  }
  if (step2 !== undefined) {
    const { name } = host.state as { name: string };
    return content(`${name} likes ${step2.content?.color}.`);
  }
  return ask({ step1: { message: "Step 1: What is your name?", schema: text("name") } });
}
