import { type Answer, content } from "tollgate/tool";

export default (): Answer => content("This is a simple text response for testing.");
