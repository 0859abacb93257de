/** The settings that both programs share. */

export interface Settings {
  /** A model folder in CTranslate2's format. */
  readonly model: string;
  readonly computeType: string;
  readonly beam: number;
}
