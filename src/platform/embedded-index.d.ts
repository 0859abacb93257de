// Declares the type of the index that build.ts writes, so that TypeScript can check the code before the first build.
declare module "*/.build/embed/index.ts" {
  interface EmbeddedFile {
    path: string;
    /** File name that the library has in the build. Another library loads this library by this name. */
    file: string;
    sha256: string;
  }

  /**
   * Maps the name of each embedded file to the file. `companions` are files that must be in the same folder as the
   * library.
   */
  export const files: Readonly<
    Record<string, EmbeddedFile & { companions: readonly EmbeddedFile[] }>
  >;

  /** Id of the backend in whose format the starter model is embedded. */
  export const starterBackend: string;
}
