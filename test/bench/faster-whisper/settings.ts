/** The settings that both programs share. */

export interface Settings {
  /** Path of a model folder in the format of CTranslate2. */
  readonly model: string;
  readonly computeType: string;
  readonly beam: number;
}
