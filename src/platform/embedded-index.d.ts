// The type of the index that build.ts writes. TypeScript uses this declaration before the first build.
declare module "*/.build/embed/index.ts" {
  interface CarriedFile {
    path: string;
    /** The file name from the build. Libraries find each other by this name. */
    file: string;
    sha256: string;
  }

  /** `companions` must be in the same folder as the library. */
  export const files: Readonly<
    Record<string, CarriedFile & { companions: readonly CarriedFile[] }>
  >;
}
