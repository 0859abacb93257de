// Declares the type of the index that build.ts writes, so that TypeScript can check the code before the first build.
declare module "*/.build/embed/index.ts" {
  interface EmbeddedFile {
    path: string;
    /** File name in the build. If another library needs this library, it loads the library by this name. */
    file: string;
    sha256: string;
  }

  /** The embedded files, by name. `companions` are other files that must be in the same folder. */
  export const files: Readonly<
    Record<string, EmbeddedFile & { companions: readonly EmbeddedFile[] }>
  >;

  /** Id of a backend. The starter model is embedded in the format of this backend. */
  export const starterBackend: string;
}
