import { type Answer, type Arguments, ask, content, type Host } from "tollgate/tool";

export default function ({ message }: Arguments, host: Host): Answer {
  const { user } = host.inputs;
  if (user !== undefined)
    return content(`User response: action=${user.action}, content=${JSON.stringify(user.content ?? {})}`);
  return ask({
    user: {
      message,
      schema: {
        type: "object",
        properties: {
          username: { type: "string", description: "User's response" },
          email: { type: "string", description: "User's email address" },
        },
        required: ["username", "email"],
      },
    },
  });
}
