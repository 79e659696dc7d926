import { type Answer, type Arguments, ask, content, type Host } from "tollgate/tool";

export default function (_: Arguments, host: Host): Answer {
  const { form } = host.inputs;
  if (form !== undefined)
    return content(`Elicitation completed: action=${form.action}, content=${JSON.stringify(form.content ?? {})}`);
  return ask({
    form: {
      message: "Please review and update the form fields with defaults",
      schema: {
        type: "object",
        properties: {
          name: { type: "string", description: "User name", default: "John Doe" },
          age: { type: "integer", description: "User age", default: 30 },
          score: { type: "number", description: "User score", default: 95.5 },
          status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
          verified: { type: "boolean", description: "Verification status", default: true },
        },
      },
    },
  });
}
