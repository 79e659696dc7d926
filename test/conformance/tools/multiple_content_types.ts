import { type Answer, content, image, resource, text } from "tollgate/tool";

const RED_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

export default (): Answer =>
  content([
    text("Multiple content types test:"),
    image(RED_PIXEL, "image/png"),
    resource("test://mixed-content-resource", JSON.stringify({ test: "data", value: 123 }), "application/json"),
  ]);
