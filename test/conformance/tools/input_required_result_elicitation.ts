import { type Answer, type Arguments, ask, content, type Host } from "tollgate/tool";

export default function (_: Arguments, host: Host): Answer {
  const { user_name: user } = host.inputs;
  if (user !== undefined) return content(`Hello, ${user.content?.name ?? "stranger"}!`);
  return ask({
    user_name: {
      message: "What is your name?",
      schema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
    },
  });
}
