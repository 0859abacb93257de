// Declares types for the files of prom-client that this server imports one by one. The server does not import the main
// file of the package. The main file also loads collectors for clusters and for Node, which takes longer than the rest
// of the startup.
declare module "prom-client/lib/counter.js" {
  export { Counter as default } from "prom-client";
}
declare module "prom-client/lib/gauge.js" {
  export { Gauge as default } from "prom-client";
}
declare module "prom-client/lib/histogram.js" {
  export { Histogram as default } from "prom-client";
}
declare module "prom-client/lib/registry.js" {
  export { Registry as default } from "prom-client";
}
