import { type Answer, failure } from "tollgate/tool";

export default (): Answer => failure("This tool intentionally returns an error for testing");
