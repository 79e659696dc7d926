import { type Answer, content, image } from "tollgate/tool";

const RED_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

export default (): Answer => content(image(RED_PIXEL, "image/png"));
