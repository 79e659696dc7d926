import { type Answer, type Arguments, ask, content, type Host } from "tollgate/tool";

const OPTIONS = ["option1", "option2", "option3"];
const TITLED = [
  { const: "value1", title: "First Option" },
  { const: "value2", title: "Second Option" },
  { const: "value3", title: "Third Option" },
];

export default function (_: Arguments, host: Host): Answer {
  const { form } = host.inputs;
  if (form !== undefined)
    return content(`Elicitation completed: action=${form.action}, content=${JSON.stringify(form.content ?? {})}`);
  return ask({
    form: {
      message: "Please select options from the enum fields",
      schema: {
        type: "object",
        properties: {
          untitledSingle: { type: "string", enum: OPTIONS },
          titledSingle: { type: "string", oneOf: TITLED },
          legacyEnum: {
            type: "string",
            enum: ["opt1", "opt2", "opt3"],
            enumNames: ["Option One", "Option Two", "Option Three"],
          },
          untitledMulti: { type: "array", minItems: 1, maxItems: 3, items: { type: "string", enum: OPTIONS } },
          titledMulti: { type: "array", minItems: 1, maxItems: 3, items: { anyOf: TITLED } },
        },
      },
    },
  });
}
