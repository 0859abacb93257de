// Stands in for the list that build.ts writes, until there is one.
declare module "*/.build/embed/index.ts" {
  interface CarriedFile {
    path: string;
    /** The name it was built under: libraries know each other by it. */
    file: string;
    sha256: string;
  }

  /** `companions` must lie in its folder. */
  export const files: Readonly<
    Record<string, CarriedFile & { companions: readonly CarriedFile[] }>
  >;
}
