// biome-ignore-all lint/style/noDefaultExport: it declares those of the package, which has no types

declare module "core-js-pure/actual/structured-clone.js" {
  const clone: typeof structuredClone;
  export default clone;
}

declare module "core-js-pure/actual/url/index.js" {
  const url: typeof URL;
  export default url;
}

declare module "core-js-pure/actual/url-search-params/index.js" {
  const parameters: typeof URLSearchParams;
  export default parameters;
}
