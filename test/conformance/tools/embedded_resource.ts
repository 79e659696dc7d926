import { type Answer, content, resource } from "tollgate/tool";

export default (): Answer =>
  content(resource("test://embedded-resource", "This is an embedded resource content.", "text/plain"));
