/**
 * Defines plugins as functions that add routes and hooks to a server. Elysia also accepts an instance of Elysia, but merging
 * the hooks of many instances takes most of the time of the server's start.
 */
import type { Elysia } from "elysia";

export type Plugin = (app: Elysia) => Elysia;

export const noPlugin: Plugin = (app) => app;

/** Adds several plugins. */
export function allOf(plugins: readonly Plugin[]): Plugin {
  return (app) => plugins.reduce((extended, add) => extended.use(add), app);
}
