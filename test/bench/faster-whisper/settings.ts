/** What both sides are given alike. */

export interface Settings {
  /** A folder in CTranslate2's format. */
  readonly model: string;
  readonly computeType: string;
  readonly beam: number;
}
