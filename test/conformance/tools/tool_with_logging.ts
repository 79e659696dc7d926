import { type Answer, type Arguments, content, type Host } from "tollgate/tool";

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export default async function (_: Arguments, host: Host): Promise<Answer> {
  host.log("Tool execution started");
  await wait(50);
  host.log("Tool processing data");
  await wait(50);
  host.log("Tool execution completed");
  return content("The tool logged three lines.");
}
