// Stands in for the list that build.ts writes, until there is one.
declare module "*/.build/embed/index.ts" {
  export const files: Readonly<Record<string, { path: string; sha256: string }>>;
}
