import { type Answer, type Arguments, ask, content, type Host } from "tollgate/tool";

const STATE = { step: "confirm" };

export default function (_: Arguments, host: Host): Answer {
  const { confirm } = host.inputs;
  if (confirm !== undefined)
    return content(JSON.stringify(host.state) === JSON.stringify(STATE) ? "state-ok" : "state-lost");
  return ask(
    {
      confirm: {
        message: "Please confirm",
        schema: { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] },
      },
    },
    STATE,
  );
}
