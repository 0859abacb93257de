/** Defines the limits on subtitle cues: their names as flags and form fields, their ranges and their defaults. */

export interface CueLimits {
  /** Maximum number of columns of a line. A wide character (Chinese, Japanese, Korean) takes two columns. */
  readonly lineWidthMax: number;
  readonly linesMax: number;
  readonly secondsMax: number;
}

interface CueLimit {
  /** Name of the form field. The flag has the same name with hyphens. */
  readonly field: string;
  readonly type: "integer" | "number";
  readonly min: number;
  readonly max: number;
  readonly fallback: number;
  readonly help: string;
}

/**
 * The limits on cues. The upper bounds of the limits are necessary because a larger limit allows more possible cuts.
 * Cutting a text into cues would then take too long.
 */
export const cueLimits = {
  lineWidthMax: {
    field: "max_line_width",
    type: "integer",
    min: 1,
    max: 1000,
    fallback: 42,
    help: "Longest line of a subtitle, in columns; wide characters take two",
  },
  linesMax: {
    field: "max_line_count",
    type: "integer",
    min: 1,
    max: 10,
    fallback: 2,
    help: "Most lines of a subtitle",
  },
  secondsMax: {
    field: "max_cue_seconds",
    type: "number",
    min: 0.5,
    max: 60,
    fallback: 7,
    help: "Longest time that a subtitle is shown",
  },
} as const satisfies Record<keyof CueLimits, CueLimit>;

/** Returns all limits. A limit that is not given has its default value. */
export function chooseCueLimits(
  given: { readonly [Name in keyof CueLimits]?: number | undefined } = {},
): CueLimits {
  return {
    lineWidthMax: given.lineWidthMax ?? cueLimits.lineWidthMax.fallback,
    linesMax: given.linesMax ?? cueLimits.linesMax.fallback,
    secondsMax: given.secondsMax ?? cueLimits.secondsMax.fallback,
  };
}
